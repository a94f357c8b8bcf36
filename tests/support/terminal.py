"""Run a program at a terminal of its own and type a line once it asks for one that it does not show.

    terminal.py LINE PROGRAM ARGUMENT…

Prints all that the terminal showed and ends with the program's exit code.
"""

import os
import pty
import select
import sys
import termios

line, *program = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)

shown, typed = b"", False
while True:
    # While it shows what is typed it is not asking yet.
    hides = not termios.tcgetattr(terminal)[3] & termios.ECHO
    if hides and not typed:
        os.write(terminal, line.encode() + b"\n")
        typed = True
    if not select.select([terminal], [], [], 0.01)[0]:
        continue
    try:
        piece = os.read(terminal, 4096)
    except OSError:  # as Linux says that nobody holds the other end any more
        piece = b""
    if not piece:
        break
    shown += piece

sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
