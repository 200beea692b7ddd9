"""A client behind TLS: it is trusted by the certificates that --ca names, and by no others."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import backup
import pytest
from certificates import authority
from command import Result, run

TOKEN = "api-token-0x5f2c"


class Client(BaseHTTPRequestHandler):
    """A client that has no keys at first, takes every one, and lists it then."""

    heard: list[str] = []
    keys: list[str] = []

    def do_GET(self) -> None:
        self.heard.append(self.headers.get("Authorization", ""))
        listed = [{"validating_pubkey": key, "readonly": False} for key in self.keys]
        self.answer({"data": listed})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.keys += [f"0x{json.loads(keystore)['pubkey']}" for keystore in body["keystores"]]
        self.answer({"data": [{"status": "imported"} for _ in body["keystores"]]})

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A client's URL, and the authority that it is known by."""
    ours = authority("ours")
    chain, key = ours.vouch(tmp_path)
    ca = ours.write(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Client)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Client.heard.clear()
    Client.keys.clear()
    try:
        yield f"https://127.0.0.1:{server.server_port}", ca
    finally:
        server.shutdown()
        server.server_close()


def deliver(hoodi: backup.Backup, tmp_path: Path, url: str, *options: str | Path) -> Result:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    line = ["deliver", "keymanager", *hoodi.copies, "--url", url, "--token-file", token]
    never = ["--not-running", "--never-attested", "--no-note"]
    return run(*line, *never, *options, device="mock-ledger")


def test_keys_go_to_a_client_that_the_given_authority_vouches_for(
    hoodi: backup.Backup, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, ca = served
    delivered = deliver(hoodi, tmp_path, url, "--ca", ca)
    assert delivered.exit_code == 0, delivered.stdout + delivered.stderr
    assert set(Client.heard) == {f"Bearer {TOKEN}"}


def test_a_client_that_nobody_vouches_for_hears_not_even_the_token(
    hoodi: backup.Backup, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, _ = served
    other = authority("another").write(tmp_path / "other.pem")
    for options in ([], ["--ca", other]):
        refused = deliver(hoodi, tmp_path, url, *options)
        assert (refused.exit_code, refused.json()["error"]["kind"]) == (4, "refused")
        assert "not trusted" in refused.json()["error"]["message"]
        assert "--ca" in refused.json()["error"]["hint"]
    assert Client.heard == []


def test_a_certificate_for_another_name_is_none(
    hoodi: backup.Backup, tmp_path: Path, served: tuple[str, Path]
) -> None:
    url, ca = served
    elsewhere = deliver(hoodi, tmp_path, url.replace("127.0.0.1", "localhost"), "--ca", ca)
    assert (elsewhere.exit_code, elsewhere.json()["error"]["kind"]) == (4, "refused")
    assert Client.heard == []
