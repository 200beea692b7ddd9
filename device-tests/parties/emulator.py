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

FOLDER = Path(__file__).parent
LAUNCHER = FOLDER / "speculos_on_loopback.py"
# Pages through what a Nano shows, and approves it. The texts are those of its recorded screens.
APPROVING = ["--automation", f"file:{FOLDER / 'approve_on_nano.json'}"]
SECONDS_TO_START = 60
NAME_AND_VERSION = bytes.fromhex("b001000000")


@contextmanager
def speculos(elf: str, log: Path, *options: str) -> Iterator[str]:
    """Runs `elf` with the mocks' words and a user who approves; gives HOST:PORT once it answers."""
    arguments = ["--display", "headless", "--api-port", "0", "--seed", wallet.MNEMONIC]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, LAUNCHER, *arguments, *APPROVING, *options, elf],
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
    exchange(f"127.0.0.1:{port}", NAME_AND_VERSION)


def exchange(address: str, apdu: bytes) -> tuple[bytes, int]:
    """Sends one command, and gives the answer's data and status word."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), SECONDS_TO_START) as client:
        client.sendall(len(apdu).to_bytes(4, "big") + apdu)
        length = int.from_bytes(receive(client, 4), "big")
        return receive(client, length), int.from_bytes(receive(client, 2), "big")


def receive(client: socket.socket, length: int) -> bytes:
    data = client.recv(length, socket.MSG_WAITALL) if length else b""
    assert len(data) == length, "Speculos closed the connection"
    return data
