"""A keyring in a plain file, for tests alone: trezorctl keeps its pairings in a keyring."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps everything in the file that STOCKADE_TEST_KEYRING names."""

    priority = 1

    def _read(self) -> dict[str, str]:
        path = Path(os.environ["STOCKADE_TEST_KEYRING"])
        return json.loads(path.read_text()) if path.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        kept = self._read() | {f"{service} {username}": password}
        Path(os.environ["STOCKADE_TEST_KEYRING"]).write_text(json.dumps(kept))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._read()
        kept.pop(f"{service} {username}", None)
        Path(os.environ["STOCKADE_TEST_KEYRING"]).write_text(json.dumps(kept))
