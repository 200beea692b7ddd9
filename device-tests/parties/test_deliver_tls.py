"""A client behind TLS: it is trusted by the certificates that --ca names, and by no others."""

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import backup
import pytest
from command import Result, run
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "api-token-0x5f2c"


class Client(BaseHTTPRequestHandler):
    """A client that has no keys, and takes every one."""

    heard: list[str] = []

    def do_GET(self) -> None:
        self.heard.append(self.headers.get("Authorization", ""))
        self.answer({"data": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer({"data": [{"status": "imported"} for _ in body["keystores"]]})

    def answer(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def authority(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate authority of one's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    return issue(subject, subject, key, key, [constraints]), key


def issue(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extensions: list[x509.ExtensionType],
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A client's URL, and the authority that it is known by."""
    ca, ca_key = authority("ours")
    key = ec.generate_private_key(ec.SECP256R1())
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "validator")])
    own = issue(name, ca.subject, key, ca_key, [here])
    chain = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain.write_bytes(private + pem(own))
    (tmp_path / "ca.pem").write_bytes(pem(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Client)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Client.heard.clear()
    try:
        yield f"https://127.0.0.1:{server.server_port}", tmp_path / "ca.pem"
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
    other = tmp_path / "other.pem"
    other.write_bytes(pem(authority("another")[0]))
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
