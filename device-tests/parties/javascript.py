"""Runs the scripts of this folder by Node."""

import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent


def lines(script: str, *arguments: str | Path, stdin: str) -> list[str]:
    """The words that `script` prints: a line each."""
    return text(script, *arguments, stdin=stdin).split()


def text(script: str, *arguments: str | Path, stdin: str) -> str:
    """What `script` prints."""
    command = ["node", str(FOLDER / script), *map(str, arguments)]
    run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


def fails(script: str, *arguments: str | Path, stdin: str) -> str:
    """What `script` says when it fails, as it must."""
    command = ["node", str(FOLDER / script), *map(str, arguments)]
    run = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120)
    assert run.returncode != 0, run.stdout
    return run.stderr
