"""Certificate authorities of one's own, and the servers that they vouch for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Authority:
    """Vouches for servers."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def write(self, file: Path) -> Path:
        """Its certificate, as --ca takes it."""
        file.write_bytes(pem(self.certificate))
        return file

    def vouch(
        self, folder: Path, host: str = "127.0.0.1", name_of_it: str = "server"
    ) -> tuple[Path, Path]:
        """The files of a certificate for `host`, a name or an address, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        is_address = host[0].isdigit()
        name = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
        alternative = x509.SubjectAlternativeName([name])
        subject = self.certificate.subject
        issued = issue(named(name_of_it), subject, key, self.key, [alternative])
        files = folder / "server.pem", folder / "server.key"
        files[0].write_bytes(pem(issued))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


def authority(name: str) -> Authority:
    """An authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    return Authority(issue(named(name), named(name), key, key, [constraints]), key)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


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
