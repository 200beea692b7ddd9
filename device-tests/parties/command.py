"""The command `stockade`, as a user runs it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("STOCKADE_BIN") or REPOSITORY / "target/debug/stockade").resolve()


@dataclass
class Result:
    """What one run gave."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    def json(self) -> Any:
        """The document on standard output, which must hold nothing else."""
        return json.loads(self.stdout)


def run(
    *arguments: str | Path,
    device: str | None = None,
    piped: str | None = None,
    timeout: int = 120,
) -> Result:
    """Runs the command with `--json`, with nobody at the terminal."""
    named = ["--device", device] if device else []
    started = time.monotonic()
    process = subprocess.run(
        [BINARY, "--json", *named, *arguments],
        **({"stdin": subprocess.DEVNULL} if piped is None else {"input": piped}),
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(),
    )
    seconds = time.monotonic() - started
    return Result(process.returncode, process.stdout, process.stderr, seconds)


def done(
    *arguments: str | Path,
    device: str | None = None,
    piped: str | None = None,
    timeout: int = 120,
) -> Any:
    """Runs the command, which must succeed, and gives its document."""
    result = run(*arguments, device=device, piped=piped, timeout=timeout)
    assert result.exit_code == 0, f"exit code {result.exit_code}: {result.stdout}{result.stderr}"
    return result.json()


@contextmanager
def served(vendor: str, *arguments: str, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """`stockade mock` in the background: gives the SPEC by which others reach it."""
    with shown(vendor, *arguments, listen=listen) as (spec, _):
        yield spec


@contextmanager
def shown(
    vendor: str, *arguments: str, listen: str = "127.0.0.1:0"
) -> Iterator[tuple[str, IO[str]]]:
    """The same, with what it prints: the lines that the simulated wallet shows to nobody else."""
    process = subprocess.Popen(
        [BINARY, "mock", vendor, "--listen", listen, *arguments],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert process.stderr is not None
        announcement = process.stderr.readline()
        assert "--device " in announcement, announcement
        yield announcement.split("--device ")[1].strip(), process.stderr
    finally:
        process.kill()
        process.communicate()


def environment() -> dict[str, str]:
    """The environment, without what would change the command's device, its mocks or its profile."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOCKADE_")}
    return kept | {"STOCKADE_PROFILE": "none", "XDG_STATE_HOME": str(BINARY.parent / "tests-state")}
