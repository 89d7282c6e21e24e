"""A person at a terminal who uses pinentry-curses: shows each dialog in a terminal of 80×24 and answers it.

Speaks Assuan on standard input and output, and passes everything on to a real pinentry-curses whose terminal is one of
ours. Once a dialog stands on the screen it is kept (`screens.jsonl` in the directory given), and then answered as people
do: the PIN and Enter, or Enter alone. One that is refused is kept with its refusal.

Usage: curses_screen.py DIRECTORY PIN [COLUMNS LINES]
"""

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.parse

import pyte

DIRECTORY, PIN = sys.argv[1], sys.argv[2]
COLUMNS, LINES = (int(size) for size in sys.argv[3:5] or ("80", "24"))


class Terminal:
    """A terminal and what stands on it."""

    def __init__(self):
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.name = os.ttyname(slave)
        # Ours stays open, so that the terminal lives on when a dialog closes it.
        self.slave = slave
        self.written = 0
        self.last = time.monotonic()
        threading.Thread(target=self.draw, daemon=True).start()

    def draw(self):
        while True:
            data = os.read(self.master, 65536)
            self.stream.feed(data)
            self.written += len(data)
            self.last = time.monotonic()

    def wait_until_still(self, word, answered):
        """Until `word` stands there and nothing more comes, or the question is answered."""
        while not answered():
            if time.monotonic() - self.last > 0.1 and any(word in line for line in self.screen.display):
                return True
            time.sleep(0.01)
        return False

    def type(self, keys):
        os.write(self.master, keys)


def main():
    terminal = Terminal()
    program = subprocess.Popen(
        ["pinentry-curses"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "TERM": "xterm"}
    )

    def answer():
        """The lines up to OK or ERR."""
        lines = []
        while not lines or not lines[-1].startswith((b"OK", b"ERR")):
            line = program.stdout.readline()
            if not line:
                sys.exit(1)
            lines.append(line)
        return lines

    def say(lines):
        sys.stdout.buffer.write(b"".join(lines))
        sys.stdout.buffer.flush()

    def ready():
        return bool(select.select([program.stdout], [], [], 0)[0])

    say(answer())
    program.stdin.write(b"OPTION ttyname=%s\n" % terminal.name.encode())
    program.stdin.flush()
    answer()
    program.stdin.write(b"OPTION ttytype=xterm\n")
    program.stdin.flush()
    answer()
    texts = {}
    for line in sys.stdin.buffer:
        word, _, rest = line.rstrip(b"\n").partition(b" ")
        texts[word.decode()] = urllib.parse.unquote(rest.decode())
        program.stdin.write(line)
        program.stdin.flush()
        screen = None
        if word in (b"GETPIN", b"CONFIRM"):
            if terminal.wait_until_still("<%s>" % texts["SETOK"], ready):
                screen = list(terminal.screen.display)
            while screen and not ready():
                # What is typed while a dialog opens is lost: then once more, over what may be there already.
                terminal.type(b"\x15" + PIN.encode() + b"\r" if word == b"GETPIN" else b"\r")
                select.select([program.stdout], [], [], 2)
        lines = answer()
        if word in (b"GETPIN", b"CONFIRM"):
            kept = {"question": word.decode(), "screen": screen, "answer": lines[-1].decode().strip()}
            kept.update((name.lower(), texts.get(name, "")) for name in ("SETDESC", "SETOK", "SETNOTOK", "SETCANCEL", "SETERROR"))
            with open(os.path.join(DIRECTORY, "screens.jsonl"), "a", encoding="utf-8") as file:
                file.write(json.dumps(kept) + "\n")
        say(lines)
        if word == b"BYE":
            break


main()
