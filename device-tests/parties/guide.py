"""The code blocks of a guide, run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from command import REPOSITORY


class Guide:
    """A guide whose fenced blocks have names: ```sh name."""

    def __init__(self, name: str) -> None:
        text = (REPOSITORY / "docs/guides" / name).read_text()
        found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", text, re.M | re.S)
        self.blocks = dict(found)
        assert len(self.blocks) == len(found), "two blocks of one name"
        self.used: set[str] = set()

    def block(self, name: str) -> str:
        self.used.add(name)
        return self.blocks[name]

    def sh(self, folder: Path, *names: str, **variables: str) -> str:
        """Runs blocks in `folder`, one shell for all, with Python's own programs first in PATH."""
        script = "\n".join(self.block(name) for name in names)
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PATH": programs, **variables},
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout
