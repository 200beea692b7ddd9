"""RECOVERY.txt names everything that its finder needs."""

from pathlib import Path

import backup
from backup import Backup


def test_names_prompt_path_and_salts(hoodi: Backup) -> None:
    text = hoodi.recovery().text
    custodian = hoodi.custodian
    for fact in (
        f"text: Stockade: open backups of custodian {custodian['id']}. A secret!\n",
        "signs a personal message (EIP-191, \"personal_sign\") at m/44'/60'/83'/0/0\n",
        custodian["check_address"],
        custodian["recipient"],
        '"stockade/device-secret/eip191-v1"',
        '"stockade/set/v1"',
        '"keystore password"',
        '"files identity"',
        hoodi.created["set_id"],
    ):
        assert fact in text, fact


def test_names_the_trezor_s_own_scheme(tmp_path: Path) -> None:
    text = backup.create(tmp_path, "mock-trezor:one", "--scheme", "slip11-v1").recovery().text
    for fact in (
        "CipherKeyValue (SLIP-0011) at m/1398033220'/0'",
        'value "stockade device secret slip11 v1"',
        '"stockade/device-secret/slip11-v1"',
    ):
        assert fact in text, fact
