"""Ledger's emulator, Speculos, in the background."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import wallet

LAUNCHER = Path(__file__).parent / "speculos_on_loopback.py"
SECONDS_TO_START = 60
NAME_AND_VERSION = bytes.fromhex("b001000000")


@contextmanager
def speculos(elf: str, log: Path, rest_port: int = 0) -> Iterator[str]:
    """Runs `elf` with the mocks' words, and gives HOST:PORT once its app answers.

    Buttons are pressed over REST, at `rest_port` unless that is 0.
    """
    options = ["--display", "headless", "--api-port", str(rest_port), "--seed", wallet.MNEMONIC]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, LAUNCHER, *options, elf],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        port = wait_for_port(process, log)
        wait_for_app(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"Listening on port (\d+)", log.read_text(errors="replace")):
            return int(match[1])
        time.sleep(0.1)
    raise AssertionError(f"Speculos did not start:\n{log.read_text(errors='replace')}")


def wait_for_app(port: int) -> None:
    """Asks the app for its name: it answers as soon as it runs."""
    with socket.create_connection(("127.0.0.1", port), SECONDS_TO_START) as client:
        client.sendall(len(NAME_AND_VERSION).to_bytes(4, "big") + NAME_AND_VERSION)
        answer = client.recv(4, socket.MSG_WAITALL)
        assert len(answer) == 4, "Speculos closed the connection"
        # The status word is not counted.
        client.recv(int.from_bytes(answer, "big") + 2, socket.MSG_WAITALL)
