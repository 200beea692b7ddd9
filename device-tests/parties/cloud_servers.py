"""Servers of cloud services on this machine, started for a test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REGION = "eu-west-1"
CALLER = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-a-test"}


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """What the command finds in its environment, as every tool of these services does."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < until, "the server does not start"
            time.sleep(0.2)


@contextmanager
def started(port: int, *arguments: str | Path) -> Iterator[None]:
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        await_port(port, process)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def moto(*arguments: str | Path) -> Iterator[int]:
    """PyPI's moto: Secrets Manager and S3."""
    port = free_port()
    server = (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port))
    with started(port, *server, *arguments):
        yield port


@contextmanager
def azure(folder: Path) -> Iterator[int]:
    """npm's Azurite."""
    port = free_port()
    script = os.environ["STOCKADE_TEST_AZURITE"]
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"]
    address = ["--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with started(port, "node", script, *options, *address):
        yield port
