"""npm ssv-keys splits a restored key among operators of SSV: what it writes is of our key, and the shares
that its operators decrypt give that key."""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from backup import Backup
from command import done
from split import SSV_KEYS, Split, combined_by_herumi, secrets_of_plain

CLI = SSV_KEYS.parent / "node_modules/ssv-keys/dist/tsc/src/cli.js"
OWNER = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
NONCE = 5
PUBKEY_BYTES, SIGNATURE_BYTES, ENCRYPTED_BYTES = 48, 96, 256


@dataclass
class Operator:
    """Who holds a share. Its id is the share's place."""

    id: int
    key: rsa.RSAPrivateKey

    def named(self) -> str:
        """Its public key, as the tool takes it."""
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        text = self.key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
        return base64.b64encode(text.replace(" PUBLIC KEY", " RSA PUBLIC KEY").encode()).decode()

    def open(self, encrypted: bytes) -> str:
        return self.key.decrypt(encrypted, padding.PKCS1v15()).decode().removeprefix("0x")


@pytest.fixture(scope="module")
def operators() -> list[Operator]:
    return [
        Operator(id, rsa.generate_private_key(65537, 2048)) for id in (12, 77, 345, 900)
    ]


@pytest.fixture(scope="module")
def restored(hoodi: Backup, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("ssv") / "restored"
    command = ["backup", "restore", hoodi.copies[0], "--to", to, "--layout", "plain"]
    done(*command, "--never-attested", device="mock-ledger")
    return to


@pytest.fixture(scope="module")
def keyshares(restored: Path, operators: list[Operator]) -> Path:
    """The file of key shares that the tool writes for the first key."""
    keystore = sorted(restored.glob("keystore-*.json"))[0]
    out = restored.parent / "keyshares"
    out.mkdir()
    command = [
        *("node", CLI, "shares", f"--keystore={keystore}"),
        f"--password={(restored / 'password.txt').read_text()}",
        "--operator-ids=" + ",".join(f"{one.id}" for one in operators),
        "--operator-keys=" + ",".join(one.named() for one in operators),
        *(f"--owner-address={OWNER}", f"--owner-nonce={NONCE}", f"--output-folder={out}"),
    ]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    (file,) = out.rglob("keyshares-*.json")
    return file


def split_of(file: Path, operators: list[Operator], whole: dict[str, str]) -> tuple[str, Split, Any]:
    (entry,) = json.loads(file.read_bytes())["shares"]
    data = bytes.fromhex(entry["payload"]["sharesData"].removeprefix("0x"))
    encrypted = data[SIGNATURE_BYTES + PUBKEY_BYTES * len(operators) :]
    assert len(encrypted) == ENCRYPTED_BYTES * len(operators)
    shares = {
        one.id: one.open(encrypted[ENCRYPTED_BYTES * i : ENCRYPTED_BYTES * (i + 1)])
        for i, one in enumerate(operators)
    }
    pubkey = entry["data"]["publicKey"].removeprefix("0x")
    return pubkey, Split(3, whole[pubkey], shares), entry


def test_its_operators_shares_give_the_key_that_was_restored(
    restored: Path, keyshares: Path, operators: list[Operator]
) -> None:
    whole = secrets_of_plain(restored)
    _, split, entry = split_of(keyshares, operators, whole)
    assert (entry["data"]["ownerNonce"], entry["data"]["ownerAddress"]) == (NONCE, OWNER)
    counts = combined_by_herumi([split], every=1)
    assert (counts["groups"], counts["groups_that_give_the_key"]) == (4, 4)
    assert (counts["groups_too_small"], counts["groups_too_small_that_give_the_key"]) == (6, 0)
    assert counts["signatures_that_verify"] == 1
