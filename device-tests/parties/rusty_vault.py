"""RustyVault, which speaks Vault's API, started for a test: the key/value engine, version 1, tokens and
AppRole. It has no policies, and lets no token and no secret id expire."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import VERIFY_X509_PARTIAL_CHAIN, SSLContext, create_default_context
from typing import Any

from cloud_servers import free_port
from command import REPOSITORY

PROGRAM = (
    os.environ.get("STOCKADE_TEST_RUSTY_VAULT")
    or REPOSITORY / "target/parties/rusty_vault/bin/rvault"
)
MOUNT = "keys"


@contextmanager
def rusty_vault(folder: Path, tls: tuple[Path, Path] | None = None) -> Iterator["RustyVault"]:
    """One that runs, is unsealed, and has a key/value engine at `keys`. `tls`: the files of its
    certificate and of the key."""
    server = RustyVault(folder, tls)
    try:
        server.start()
        server.set_up()
        yield server
    finally:
        server.kill()


class RustyVault:
    """A server, and those who may call it."""

    def __init__(self, folder: Path, tls: tuple[Path, Path] | None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.trust: SSLContext | None = None
        if tls:
            # Only the test's own requests: whom Stockade trusts is what is tested.
            self.trust = create_default_context(cafile=tls[0])
            self.trust.check_hostname = False
            self.trust.verify_flags |= VERIFY_X509_PARTIAL_CHAIN
        folder.mkdir(parents=True)
        (folder / "config.hcl").write_text(configuration(folder, self.port, tls))

    def set_up(self) -> None:
        """Makes its keys, opens it, and mounts what the tests use."""
        made = self.ask("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.key, self.root = made["keys"][0], made["root_token"]
        self.unseal()
        self.ask("POST", f"sys/mounts/{MOUNT}/", {"type": "kv"})
        self.ask("POST", "sys/auth/approle/", {"type": "approle"})
        self.ask("POST", "auth/approle/role/staking", {"token_ttl": "1h"})

    def start(self) -> None:
        """Starts it, sealed."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "server", "--config", self.folder / "config.hcl"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("GET", "sys/init")
                return
            except OSError:
                log_so_far = (self.folder / "log").read_text()[-4000:]
                assert self.process.poll() is None and time.monotonic() < until, log_so_far
                time.sleep(0.05)

    def unseal(self) -> None:
        self.ask("PUT", "sys/unseal", {"key": self.key})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """One request with `token`, else with root's, and what is answered."""
        headers = {"X-Vault-Token": token or getattr(self, "root", "")}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60, context=self.trust) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def token(self, file: Path) -> Path:
        """A token, in a file."""
        made = self.ask("POST", "auth/token/create", {"policies": ["staking"], "ttl": "1h"})
        file.write_text(made["auth"]["client_token"] + "\n")
        return file

    def revoke(self, token: Path) -> None:
        self.ask("POST", f"auth/token/revoke/{token.read_text().strip()}")

    def role(self, file: Path, logins: int = 0) -> Path:
        """An AppRole, in a file: good for so many logins, or for any number."""
        role = "auth/approle/role/staking"
        role_id = self.ask("GET", f"{role}/role-id")["data"]["role_id"]
        self.ask("POST", f"{role}/secret-id-num-uses", {"secret_id_num_uses": logins})
        secret_id = self.ask("POST", f"{role}/secret-id", {})["data"]["secret_id"]
        file.write_text(f"{role_id}\n{secret_id}\n")
        return file

    def destroy(self, role: Path) -> None:
        """Ends the secret id of an AppRole."""
        ended = {"secret_id": role.read_text().split()[1]}
        self.ask("POST", "auth/approle/role/staking/secret-id/destroy", ended)

    def write(self, name: str, data: dict[str, Any]) -> None:
        self.ask("POST", f"{MOUNT}/{name}", data)

    def remove(self, name: str) -> None:
        self.ask("DELETE", f"{MOUNT}/{name}")

    def secrets(self, folder: str) -> dict[str, Any]:
        """What lies in a folder, by name."""
        names = self.ask("LIST", f"{MOUNT}/{folder}")["data"]["keys"]
        return {name: self.ask("GET", f"{MOUNT}/{folder}/{name}")["data"] for name in names}


def configuration(folder: Path, port: int, tls: tuple[Path, Path] | None) -> str:
    lines = [f'address = "127.0.0.1:{port}"', f'tls_disable = "{"false" if tls else "true"}"']
    if tls:
        lines += [f'tls_cert_file = "{tls[0]}"', f'tls_key_file = "{tls[1]}"']
    listener = "\n".join(f"  {line}" for line in lines)
    return f'''storage "file" {{
  path = "{folder}/data"
}}
listener "tcp" {{
{listener}
}}
api_addr = "http{"s" if tls else ""}://127.0.0.1:{port}"
log_level = "warn"
work_dir = "{folder}/work"
'''
