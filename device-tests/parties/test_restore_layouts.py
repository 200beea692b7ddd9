"""Restored folders, read by each client's own rules: with @chainsafe/bls-keystore, and for Prysm's
wallet with hashlib's scrypt and `cryptography`'s AES alone."""

import base64
import hashlib
import json
import re
from pathlib import Path

import javascript
import pytest
from backup import Backup
from command import done
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def restore(hoodi: Backup, to: Path, layout: str) -> Path:
    options = ["--never-attested", "--layout", layout, "--to", str(to)]
    done("backup", "restore", *map(str, hoodi.copies), *options, device="mock-ledger")
    return to


def by_public_key(to: Path, keystore: str, password: str) -> list[tuple[Path, Path]]:
    """Keystores in folders named after their keys, and the passwords in files named so."""
    folders = sorted((to / keystore.split("/")[0]).iterdir())
    return [(folder / keystore.split("/")[1], to / password / folder.name) for folder in folders]


def teku(to: Path) -> list[tuple[Path, Path]]:
    """--validator-keys=keys:passwords"""
    files = sorted((to / "keys").rglob("*.json"))
    return [(file, to / "passwords" / f"{file.stem}.txt") for file in files]


def web3signer(to: Path) -> list[tuple[Path, Path]]:
    """--key-config-path=keys: one configuration a key, paths relative to it"""
    pairs = []
    for config in sorted((to / "keys").glob("*.yaml")):
        fields = dict(re.findall(r'^(\w+): "([^"]+)"$', config.read_text(), re.MULTILINE))
        assert fields.keys() == {"type", "keyType", "keystoreFile", "keystorePasswordFile"}
        assert (fields["type"], fields["keyType"]) == ("file-keystore", "BLS")
        assert re.fullmatch("0x[0-9a-f]{96}.yaml", config.name)
        pairs.append(tuple(config.parent / fields[f"keystore{f}"] for f in ("File", "PasswordFile")))
    return pairs


PAIRS = {
    "lighthouse": lambda to: by_public_key(to, "validators/voting-keystore.json", "secrets"),
    "nimbus": lambda to: by_public_key(to, "validators/keystore.json", "secrets"),
    "lodestar": lambda to: by_public_key(to, "keystores/voting-keystore.json", "secrets"),
    "teku": teku,
    "web3signer": web3signer,
}


@pytest.mark.parametrize("layout", PAIRS)
def test_every_key_opens_as_its_client_finds_it(
    hoodi: Backup, tmp_path: Path, layout: str
) -> None:
    pairs = PAIRS[layout](restore(hoodi, tmp_path / "to", layout))
    opened = []
    for keystore, password in pairs:
        opened += javascript.lines("open_keystores.mjs", keystore, stdin=password.read_text())
        assert json.loads(keystore.read_text())["pubkey"] == opened[-1]
        for named in (keystore.parent.name, keystore.stem):
            assert not named.startswith("0x") or named == f"0x{opened[-1]}"
    assert sorted(opened) == sorted(hoodi.pubkeys)


def test_prysm_s_wallet_holds_every_key(hoodi: Backup, tmp_path: Path) -> None:
    to = restore(hoodi, tmp_path / "to", "prysm")
    # A wallet's folder names its kind: `direct` is that of imported keys.
    assert [entry.name for entry in (to / "wallet").iterdir()] == ["direct"]
    store = json.loads((to / "wallet/direct/accounts/all-accounts.keystore.json").read_text())
    password = (to / "wallet-password.txt").read_text().rstrip("\r\n")
    accounts = json.loads(decrypt(store["crypto"], password))
    public = [base64.b64decode(key).hex() for key in accounts["public_keys"]]
    assert public == hoodi.pubkeys
    private = [base64.b64decode(key) for key in accounts["private_keys"]]
    assert [len(key) for key in private] == [32] * 3
    made = javascript.lines("public_keys.mjs", stdin="\n".join(key.hex() for key in private))
    assert made == public
    assert (store["version"], store["name"]) == (4, "keystore")


def decrypt(crypto: dict, password: str) -> bytes:
    """What go-eth2-wallet-encryptor-keystorev4 does to open it."""
    kdf = crypto["kdf"]["params"]
    key = hashlib.scrypt(
        password.encode(),
        salt=bytes.fromhex(kdf["salt"]),
        n=kdf["n"],
        r=kdf["r"],
        p=kdf["p"],
        dklen=kdf["dklen"],
        maxmem=512 * 1024 * 1024,
    )
    message = bytes.fromhex(crypto["cipher"]["message"])
    checksum = hashlib.sha256(key[16:32] + message).hexdigest()
    assert checksum == crypto["checksum"]["message"]
    iv = bytes.fromhex(crypto["cipher"]["params"]["iv"])
    cipher = Cipher(algorithms.AES(key[:16]), modes.CTR(iv)).decryptor()
    return cipher.update(message) + cipher.finalize()
