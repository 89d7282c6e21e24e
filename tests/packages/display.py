"""A display for programs in a booted system, and a person who types into whatever window appears on it.

The X server is this machine's, where nobody sees it; the system reaches it by a socket where its own would have one.
"""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path


class Display:
    """An X server that programs in the system reach as `inside`."""

    inside = ":9"

    def __init__(self, system, log):
        """What the server says is written to the file `log`."""
        read, write = os.pipe()
        # It would begin anew, and lose whoever connects meanwhile, each time that the last program has left.
        command = ["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-ac", "-nolisten", "tcp"]
        with open(log, "w") as said:
            self.server = subprocess.Popen(command, pass_fds=[write], stdout=said, stderr=said)
        os.close(write)
        with os.fdopen(read) as number:
            self.name = f":{number.readline().strip()}"
        self.relay = socket.socket(socket.AF_UNIX)
        # As the first process of the system sees it: its /tmp can be a file system of its own.
        path = Path(f"/proc/{system.first}/root/tmp/.X11-unix/X9")
        path.parent.mkdir(exist_ok=True)
        self.relay.bind(str(path))
        path.chmod(0o777)
        self.relay.listen()
        self.ended = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                inside, _ = self.relay.accept()
            except OSError:
                return
            outside = socket.socket(socket.AF_UNIX)
            outside.connect(f"/tmp/.X11-unix/X{self.name[1:]}")
            for one, other in ((inside, outside), (outside, inside)):
                threading.Thread(target=pass_on, args=(one, other), daemon=True).start()

    def person(self, text):
        """Types `text` and Return into each window, until the person leaves."""
        self.person_leaves()
        self.ended = threading.Event()
        threading.Thread(target=self.type, args=(text, self.ended), daemon=True).start()

    def person_leaves(self):
        self.ended.set()

    def type(self, text, ended):
        tool = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "env": os.environ | {"DISPLAY": self.name}, "text": True}
        while not ended.is_set():
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "."], **tool).stdout.split()
            for window in found[-1:]:
                for keys in (["windowfocus", window, "type", "--delay", "5", text], ["key", "Return"]):
                    subprocess.run(["xdotool", *keys], **tool)
            time.sleep(0.3)

    def end(self):
        self.person_leaves()
        self.relay.close()
        self.server.terminate()
        self.server.wait()


def pass_on(one, other):
    """Brings what comes from one socket to the other."""
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass
