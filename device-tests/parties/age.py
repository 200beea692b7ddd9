"""The tool `age`, and the way to a set's secret that RECOVERY.txt describes."""

import subprocess
from pathlib import Path

import wallet
from backup import Backup


def write_identity(directory: Path, secret: bytes) -> Path:
    """An identity file for `age --identity`."""
    file = directory / "identity.txt"
    file.write_text(wallet.age_identity(secret) + "\n")
    return file


def decrypt(sealed: Path, identity: Path) -> subprocess.CompletedProcess[bytes]:
    command = ["age", "--decrypt", "--identity", str(identity), str(sealed)]
    return subprocess.run(command, capture_output=True)


def recipient(identity: Path) -> str:
    """The public half of an identity."""
    command = ["age-keygen", "-y", str(identity)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def set_secret(backup: Backup, directory: Path) -> bytes:
    """Steps 1 to 3 of RECOVERY.txt, where the wallet is one that holds the mocks' words."""
    recovery = backup.recovery()
    signature = wallet.personal_sign(wallet.CHECK_PATH, recovery.prompt)
    secret = wallet.hkdf_sha256(signature[:64], recovery.salt("eip191-v1"), recovery.prompt)
    opened = decrypt(backup.sealed_secret, write_identity(directory, secret))
    assert opened.returncode == 0, opened.stderr
    return opened.stdout
