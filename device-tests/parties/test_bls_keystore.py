"""npm @chainsafe/bls-keystore and @chainsafe/bls-keygen: the keystores, and the keys in them."""

import javascript
import wallet
from backup import Backup


def test_opens_every_keystore_with_the_set_s_password(hoodi: Backup, set_secret: bytes) -> None:
    password = wallet.keystore_password(set_secret)
    opened = javascript.lines("open_keystores.mjs", *hoodi.keystores, stdin=password)
    assert opened == hoodi.pubkeys
    assert [
        hoodi.json(str(file.relative_to(hoodi.folder)))["pubkey"] for file in hoodi.keystores
    ] == opened


def test_opens_none_with_another_password(hoodi: Backup) -> None:
    password = wallet.keystore_password(bytes(32))
    said = javascript.fails("open_keystores.mjs", hoodi.keystores[0], stdin=password)
    assert "Invalid password" in said


def test_derives_the_same_keys_from_the_wallet_alone(hoodi: Backup) -> None:
    prompt = "Stockade: derive hoodi batch 0. A secret!"
    signature = wallet.personal_sign(wallet.CHECK_PATH, prompt)
    seed = wallet.hkdf_sha256(signature[:64], "stockade/device-secret/eip191-v1", prompt)
    paths = [key["path"] for key in hoodi.created["keys"]]
    assert javascript.lines("derive_keys.mjs", *paths, stdin=seed.hex()) == hoodi.pubkeys
