"""Lodestar's validator client, started for a test. Its native modules are not built: a seed of
discovery that a validator never needs runs as JavaScript (NODE_BACKEND=js)."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_servers import free_port
from command import REPOSITORY
from keymanager import request

PROGRAM = (
    os.environ.get("STOCKADE_TEST_LODESTAR")
    or REPOSITORY / "target/parties/lodestar/node_modules/@chainsafe/lodestar/lib/index.js"
)


@dataclass
class Lodestar:
    """A validator client that runs."""

    url: str
    token: Path

    def keys(self) -> list[str]:
        """What it lists, without 0x."""
        rows = request(self.url, "/eth/v1/keystores", self.token.read_text())["data"]
        return sorted(row["validating_pubkey"].removeprefix("0x") for row in rows)

    def remote_keys(self) -> dict[str, str]:
        rows: Any = request(self.url, "/eth/v1/remotekeys", self.token.read_text())["data"]
        return {row["pubkey"].removeprefix("0x"): row["url"] for row in rows}


@contextmanager
def validator_client(folder: Path, beacon: str) -> Iterator[Lodestar]:
    """Runs one on sepolia, with what `folder` holds of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    options = {
        "--network": "sepolia",
        "--dataDir": folder / "data",
        "--beaconNodes": beacon,
        "--keymanager.port": port,
    }
    words = [str(word) for option in options.items() for word in option]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            ["node", PROGRAM, "validator", "--keymanager", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "NODE_BACKEND": "js"},
        )
    client = Lodestar(f"http://127.0.0.1:{port}", folder / "data/validator-db/api-token.txt")
    try:
        wait_until_it_answers(client, process, folder / "log")
        yield client
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(
    client: Lodestar, process: "subprocess.Popen[bytes]", log: Path
) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()[-4000:]
        try:
            client.keys()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text()[-4000:])
