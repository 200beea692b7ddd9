"""A person at a terminal: what they type, and everything that they see."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path

from command import BINARY, environment


def converse(*arguments: str | Path, answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Runs the command on a terminal of its own. Each answer is typed when its prompt is seen.
    Gives the exit code, and all that the terminal showed."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [BINARY, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=take_terminal,
        env=environment(),
    )
    os.close(theirs)
    seen, searched = "", 0
    left = list(answers)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if left and (at := seen.find(left[0][0], searched)) >= 0:
            prompt, answer = left.pop(0)
            searched = at + len(prompt)
            wait_for_no_echo(ours)
            os.write(ours, f"{answer}\n".encode())
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            read = os.read(ours, 4096)
        except OSError:  # the other end is gone
            break
        if not read:
            break
        seen += read.decode(errors="replace")
    os.close(ours)
    return process.wait(timeout=10), seen


def wait_for_no_echo(terminal: int) -> None:
    """A person types when they have read the prompt, which is after echo was turned off."""
    end = time.monotonic() + 5
    while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < end:
        time.sleep(0.01)
