"""PyPI ledgereth, over Ledger's own ledgerblue, with the simulated Ledger."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import age
import wallet
from backup import Backup
from command import served

SIGN = """
import sys
from ledgereth.messages import sign_message
signed = sign_message(sys.argv[1].encode(), sender_path=sys.argv[2])
print(signed.signature.removeprefix("0x"))
"""


@pytest.fixture(scope="module")
def ledger() -> Iterator[str]:
    with served("ledger") as spec:
        yield spec.removeprefix("speculos:")


def ledgereth(ledger: str, *arguments: str) -> str:
    """What `python` prints with ledgereth's devices pointed at the simulated one."""
    host, _, port = ledger.rpartition(":")
    run = subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LEDGER_PROXY_ADDRESS": host, "LEDGER_PROXY_PORT": port},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip()


def test_lists_the_accounts(ledger: str) -> None:
    listed = ledgereth(ledger, "-m", "ledgereth", "accounts", "--count", "2")
    paths = ["44'/60'/0'/0/0", "44'/60'/1'/0/0"]
    assert listed.splitlines() == [
        f"Account {i}: {path} {wallet.account(f'm/{path}').address}" for i, path in enumerate(paths)
    ]


def test_opens_a_set_with_what_the_ledger_signs(ledger: str, hoodi: Backup, tmp_path: Path) -> None:
    recovery = hoodi.recovery()
    path = wallet.CHECK_PATH.removeprefix("m/")
    signature = bytes.fromhex(ledgereth(ledger, "-c", SIGN, recovery.prompt, path))
    assert signature == wallet.personal_sign(wallet.CHECK_PATH, recovery.prompt)
    secret = wallet.hkdf_sha256(signature[:64], recovery.salt("eip191-v1"), recovery.prompt)
    opened = age.decrypt(hoodi.sealed_secret, age.write_identity(tmp_path, secret))
    assert (opened.returncode, len(opened.stdout)) == (0, 32)
