"""A set as it lies in a copy, read with nothing but the standard library."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command import done


@dataclass
class Backup:
    """Two copies that hold one and the same set."""

    copies: list[Path]
    created: Any

    @property
    def folder(self) -> Path:
        """The set in the first copy."""
        return self.copies[0] / "stockade" / self.created["set_id"]

    @property
    def pubkeys(self) -> list[str]:
        return [key["pubkey"] for key in self.created["keys"]]

    @property
    def custodian(self) -> Any:
        """The only one, as the command reported it."""
        (custodian,) = self.created["custodians"]
        return custodian

    @property
    def keystores(self) -> list[Path]:
        return sorted((self.folder / "keystores").iterdir())

    @property
    def sealed_secret(self) -> Path:
        return self.folder / "seal/secret.age"

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_bytes())

    def deposits(self) -> Any:
        (file,) = self.folder.glob("deposit_data-*.json")
        return json.loads(file.read_bytes())

    def recovery(self) -> "Recovery":
        return Recovery((self.folder / "RECOVERY.txt").read_text())


def forget(copies: list[Path]) -> None:
    """Takes from copies what they know of where their keys may sign, as if nobody had released them."""
    for copy in copies:
        shutil.rmtree(copy / "stockade/whereabouts", ignore_errors=True)


@dataclass
class Recovery:
    """RECOVERY.txt, read as its finder reads it."""

    text: str

    def find(self, pattern: str) -> str:
        """What the one group of `pattern` matches."""
        match = re.search(pattern, self.text)
        assert match, f"RECOVERY.txt does not say {pattern}"
        return match[1]

    @property
    def prompt(self) -> str:
        return self.find(r"\n  text: (.+)\n")

    @property
    def recipient(self) -> str:
        return self.find(r'"recipient": "(age1[0-9a-z]+)"')

    def salt(self, scheme: str) -> str:
        return self.find(rf'{scheme}: input[^"]*salt = "([^"]+)"')


def create(directory: Path, device: str, *options: str) -> Backup:
    """Makes three hoodi keys with `device`, into two copies."""
    copies = [directory / "A", directory / "B"]
    for copy in copies:
        copy.mkdir(parents=True)
    named = [argument for copy in copies for argument in ("--copy", str(copy))]
    arguments = ["--network", "hoodi", "--count", "3", *named, *options]
    return Backup(copies, done("validator", "create", *arguments, device=device))
