"""The tool `age` opens a set, by what RECOVERY.txt says and without Stockade."""

from pathlib import Path

import age
import wallet
from backup import Backup


def test_opens_every_copy_with_the_identity_that_the_wallet_makes(
    hoodi: Backup, tmp_path: Path
) -> None:
    assert len(age.set_secret(hoodi, tmp_path)) == 32
    sealed = {
        (copy / hoodi.sealed_secret.relative_to(hoodi.copies[0])).read_bytes()
        for copy in hoodi.copies
    }
    assert len(sealed) == 1


def test_gives_the_recipient_of_the_custodian_for_that_identity(
    hoodi: Backup, tmp_path: Path
) -> None:
    prompt = f"Stockade: open backups of custodian {hoodi.custodian['id']}. A secret!"
    signature = wallet.personal_sign(wallet.CHECK_PATH, prompt)
    secret = wallet.hkdf_sha256(signature[:64], "stockade/device-secret/eip191-v1", prompt)
    assert age.recipient(age.write_identity(tmp_path, secret)) == hoodi.custodian["recipient"]


def test_refuses_another_identity(hoodi: Backup, tmp_path: Path) -> None:
    refused = age.decrypt(hoodi.sealed_secret, age.write_identity(tmp_path, bytes(32)))
    assert refused.returncode != 0
    assert b"no identity matched" in refused.stderr
