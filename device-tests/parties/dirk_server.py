"""dirk, built from the Go module proxy by `.ci/parties`, started for a test, with certificates of its own
authority; and our client of it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certificates
from cloud_servers import free_port
from command import REPOSITORY

PROGRAMS = Path(os.environ.get("STOCKADE_TEST_DIRK") or REPOSITORY / "target/parties/dirk")
HOODI = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"
# Any domain that is neither of attestations nor of blocks, and these two.
DOMAIN, ATTESTER, PROPOSER = ("ff" * 4 + "00" * 28, "01000000" + "00" * 28, "00" * 32)


class Dirk:
    """A folder with dirk.yml, and the program that runs on it."""

    def __init__(
        self, folder: Path, host: str = "localhost", authority: certificates.Authority | None = None
    ) -> None:
        """`authority`: that of its peers, which know it by `host`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.host = folder, host
        self.port = free_port()
        authority = authority or certificates.authority("an authority of tests")
        authority.write(folder / "ca.crt")
        for name, host in [("client", "client"), ("server", self.host)]:
            certificate, key = authority.vouch(folder, host, host)
            certificate.rename(folder / f"{name}.crt")
            key.rename(folder / f"{name}.key")

    def configure(
        self, wallets: Path, passphrase: Path, permitted: str, peers: "list[Dirk] | None" = None
    ) -> None:
        """Writes dirk.yml, which JSON is. `peers`: all of them, in the order of their ids."""
        peers = peers or [self]
        file = "file://{}".format
        own = self.folder
        configuration = {
            "server": {
                "id": peers.index(self) + 1,
                "name": self.host,
                "listen-address": f"{self.host}:{self.port}",
            },
            "certificates": {
                "server-cert": file(own / "server.crt"),
                "server-key": file(own / "server.key"),
                "ca-cert": file(own / "ca.crt"),
            },
            "storage-path": str(own / "storage"),
            "stores": [{"name": "Local", "type": "filesystem", "location": str(wallets)}],
            "peers": {str(n): f"{peer.host}:{peer.port}" for n, peer in enumerate(peers, 1)},
            "unlocker": {"account-passphrases": [file(passphrase)]},
            "process": {"generation-passphrase": file(passphrase)},
            "permissions": {"client": {permitted: "All"}},
        }
        (own / "dirk.yml").write_text(json.dumps(configuration))

    def ask(self, *arguments: str) -> Any:
        """What it answers to our client."""
        to = f"{self.host}:{self.port}"
        run = subprocess.run(
            [PROGRAMS / "dirk-client", to, self.folder, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def attests(self, account: str, source: int, target: int) -> bool:
        answer = self.ask("attest", account, f"{source}", f"{target}", ATTESTER)
        assert answer["state"] in ("SUCCEEDED", "DENIED"), answer
        return answer["state"] == "SUCCEEDED"

    def proposes(self, account: str, slot: int) -> bool:
        answer = self.ask("propose", account, f"{slot}", PROPOSER)
        assert answer["state"] in ("SUCCEEDED", "DENIED"), answer
        return answer["state"] == "SUCCEEDED"

    def once(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """A command of the program that ends by itself. dirk must not run meanwhile."""
        command = [PROGRAMS / "dirk", f"--base-dir={self.folder}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def export(self, to: Path) -> Any:
        """Its own slashing export."""
        done = self.once(
            *("--export-slashing-protection", f"--genesis-validators-root={HOODI}"),
            f"--slashing-protection-file={to}",
        )
        assert done.returncode == 0, done.stderr
        return json.loads(to.read_bytes())

    @contextmanager
    def running(
        self, line: str = "", variables: dict[str, str] | None = None
    ) -> Iterator["Dirk"]:
        """Runs until the end of the block. `line`: the shell's line that starts it, in a guide."""
        command = [PROGRAMS / "dirk", f"--base-dir={self.folder}"]
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {line.strip()}"] if line else command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(variables or {})},
            )
        try:
            self.wait(process)
            yield self
        finally:
            process.terminate()
            process.wait(timeout=30)

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + 60
        while "All services operational" not in (self.folder / "log").read_text():
            assert process.poll() is None and time.monotonic() < until, self.log()
            time.sleep(0.1)

    def log(self) -> str:
        return (self.folder / "log").read_text()
