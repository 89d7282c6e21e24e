"""Runs a command in a terminal of 80×24 as a person does, waits for a word on its screen, types keys if there are any, and
prints the screen on which the word stood, then a line of dashes and the last screen.

Usage: in_terminal.py WORD KEYS COMMAND ARGUMENT…   (ends as the command does)
"""

import fcntl
import os
import pty
import struct
import sys
import termios
import time

import pyte

WORD, KEYS, COMMAND = sys.argv[1], sys.argv[2], sys.argv[3:]

process, terminal = pty.fork()
if process == 0:
    # Only once the window has its size.
    time.sleep(0.2)
    os.execvp(COMMAND[0], COMMAND)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
screen = pyte.Screen(80, 24)
stream = pyte.ByteStream(screen)
found = False
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    stream.feed(data)
    if not found and any(WORD in line for line in screen.display):
        found = True
        print("\n".join(line.rstrip() for line in screen.display), flush=True)
        if KEYS:
            os.write(terminal, KEYS.encode() + b"\r")
_, status = os.waitpid(process, 0)
print("-" * 80)
print("\n".join(line.rstrip() for line in screen.display))
sys.exit(os.waitstatus_to_exitcode(status))
