"""HashiCorp Vault, built from the Go module proxy by `.ci/parties`, started for a test: both versions
of the key/value engine, policies, tokens and AppRole."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import VERIFY_X509_PARTIAL_CHAIN, SSLContext, create_default_context
from typing import Any
from urllib.parse import quote

from cloud_servers import free_port
from command import REPOSITORY

PROGRAM = os.environ.get("STOCKADE_TEST_VAULT") or REPOSITORY / "target/parties/vault/vault"
ENGINES = {"keys1": 1, "keys2": 2}


@contextmanager
def vault_server(folder: Path, tls: tuple[Path, Path] | None = None) -> Iterator["VaultServer"]:
    """One that runs, is unsealed, and has an engine of each version. `tls`: the files of its
    certificate and of the key."""
    server = VaultServer(folder, tls)
    try:
        server.start()
        server.set_up()
        yield server
    finally:
        server.kill()


class VaultServer:
    """A server, and those who may call it."""

    def __init__(self, folder: Path, tls: tuple[Path, Path] | None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self.root = ""
        self.trust: SSLContext | None = None
        if tls:
            # Only the test's own requests: whom Stockade trusts is what is tested.
            self.trust = create_default_context(cafile=tls[0])
            self.trust.check_hostname = False
            self.trust.verify_flags |= VERIFY_X509_PARTIAL_CHAIN
        (folder / "data").mkdir(parents=True)
        (folder / "config.hcl").write_text(configuration(folder, self.port, tls))

    def set_up(self) -> None:
        """Makes its keys, opens it, and mounts what the tests use."""
        made = self.ask("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.key, self.root = made["keys"][0], made["root_token"]
        self.unseal()
        self.audit = self.folder / "audit.log"
        log = {"type": "file", "options": {"file_path": str(self.audit)}}
        self.ask("PUT", "sys/audit/file", log)
        for mount, version in ENGINES.items():
            self.mount(mount, version)
        self.ask("POST", "sys/auth/approle", {"type": "approle"})

    def start(self) -> None:
        """Starts it, sealed."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "server", "-config", self.folder / "config.hcl"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("GET", "sys/seal-status")
                return
            except OSError:
                log_so_far = (self.folder / "log").read_text()[-4000:]
                assert self.process.poll() is None and time.monotonic() < until, log_so_far
                time.sleep(0.05)

    def unseal(self) -> None:
        self.ask("PUT", "sys/unseal", {"key": self.key})
        self.until(lambda: self.ask("GET", "sys/health"))

    def mount(self, path: str, version: int = 2) -> None:
        """Mounts an engine, and waits until it takes requests."""
        self.ask("POST", f"sys/mounts/{path}", {"type": "kv", "options": {"version": str(version)}})
        if version == 2:
            self.until(lambda: self.ask("GET", f"{path}/config"))

    def until(self, asked: Any) -> None:
        """Asks until it is answered."""
        end = time.monotonic() + 60
        while True:
            try:
                asked()
                return
            except urllib.error.HTTPError:
                assert time.monotonic() < end
                time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """One request with `token`, else with root's, and what is answered."""
        headers = {"X-Vault-Token": token or self.root}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.url}/v1/{quote(path)}"
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60, context=self.trust) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def token(self, file: Path, policy: str = "", **options: Any) -> Path:
        """A token of this policy (without one, root's), in a file."""
        policies = ["root"]
        if policy:
            policies = [f"policy-{file.stem}-{time.monotonic_ns()}"]
            self.ask("PUT", f"sys/policies/acl/{policies[0]}", {"policy": policy})
        made = self.ask("POST", "auth/token/create", {"policies": policies, **options})
        file.write_text(made["auth"]["client_token"] + "\n")
        file.chmod(0o600)
        return file

    def revoke(self, token: Path) -> None:
        self.ask("POST", "auth/token/revoke", {"token": token.read_text().strip()})

    def role(self, file: Path, policy: str, **options: Any) -> Path:
        """An AppRole of this policy, in a file."""
        name = f"role-{file.stem}-{time.monotonic_ns()}"
        self.ask("PUT", f"sys/policies/acl/{name}", {"policy": policy})
        role = f"auth/approle/role/{name}"
        self.ask("POST", role, {"token_policies": [name], **options})
        role_id = self.ask("GET", f"{role}/role-id")["data"]["role_id"]
        secret_id = self.ask("POST", f"{role}/secret-id", {})["data"]["secret_id"]
        file.write_text(f"{role_id}\n{secret_id}\n")
        file.chmod(0o600)
        return file

    @contextmanager
    def proxy(self, folder: Path, policy: str) -> Iterator[str]:
        """The URL of a Vault Proxy that adds a token of this policy to each request."""
        role_id, secret_id = self.role(folder / "proxy-role", policy).read_text().split()
        (folder / "role_id").write_text(role_id)
        (folder / "secret_id").write_text(secret_id)
        port = free_port()
        (folder / "proxy.hcl").write_text(proxy_configuration(folder, self.url, port))
        with (folder / "proxy.log").open("ab") as log:
            process = subprocess.Popen(
                [PROGRAM, "proxy", "-config", folder / "proxy.hcl"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 60
            while not is_let_in(f"{url}/v1/auth/token/lookup-self"):
                log_so_far = (folder / "proxy.log").read_text()[-4000:]
                assert process.poll() is None and time.monotonic() < until, log_so_far
                time.sleep(0.05)
            yield url
        finally:
            process.kill()
            process.wait()

    def tokens(self) -> int:
        """How many tokens live."""
        return len(self.ask("LIST", "auth/token/accessors")["data"]["keys"])

    def write(self, path: str, data: dict[str, Any]) -> None:
        mount, version, rest = located(path)
        if version == 2:
            self.ask("POST", f"{mount}/data/{rest}", {"data": data})
        else:
            self.ask("POST", path, data)

    def read(self, path: str) -> Any:
        mount, version, rest = located(path)
        if version == 2:
            return self.ask("GET", f"{mount}/data/{rest}")["data"]["data"]
        return self.ask("GET", path)["data"]

    def remove(self, path: str) -> None:
        """As if it had never been there."""
        mount, version, rest = located(path)
        self.ask("DELETE", f"{mount}/metadata/{rest}" if version == 2 else path)

    def names(self, path: str) -> list[str]:
        mount, version, rest = located(path)
        try:
            listed = self.ask("LIST", f"{mount}/metadata/{rest}" if version == 2 else path)
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return []
        return list(listed["data"]["keys"])

    def secrets(self, folder: str) -> dict[str, Any]:
        """What lies in a folder, by name."""
        return {name: self.read(f"{folder}/{name}") for name in self.names(folder)}


def located(path: str) -> tuple[str, int, str]:
    """The mount of a path, its version, and the rest. Mounts that a test made are of version 2."""
    mount, _, rest = path.partition("/")
    return mount, ENGINES.get(mount, 2), rest


def is_let_in(url: str) -> bool:
    """Whether a request without a token is answered."""
    request = urllib.request.Request(url, headers={"X-Vault-Request": "true"})
    try:
        with urllib.request.urlopen(request, timeout=60):
            return True
    except OSError:
        return False


def proxy_configuration(folder: Path, url: str, port: int) -> str:
    return f'''vault {{ address = "{url}" }}
auto_auth {{
  method "approle" {{
    config = {{
      role_id_file_path = "{folder}/role_id"
      secret_id_file_path = "{folder}/secret_id"
    }}
  }}
}}
api_proxy {{ use_auto_auth_token = true }}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  tls_disable = true
  require_request_header = true
}}
'''


def configuration(folder: Path, port: int, tls: tuple[Path, Path] | None) -> str:
    lines = [f'address = "127.0.0.1:{port}"', f'tls_disable = "{"false" if tls else "true"}"']
    if tls:
        lines += [f'tls_cert_file = "{tls[0]}"', f'tls_key_file = "{tls[1]}"']
    listener = "\n".join(f"  {line}" for line in lines)
    return f'''storage "raft" {{
  path = "{folder}/data"
  node_id = "one"
}}
cluster_addr = "https://127.0.0.1:{free_port()}"
listener "tcp" {{
{listener}
}}
api_addr = "http{"s" if tls else ""}://127.0.0.1:{port}"
disable_mlock = true
log_level = "warn"
'''
