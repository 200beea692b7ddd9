"""PyPI ledgereth, over Ledger's own ledgerblue, with the simulated Ledger."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

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

TRANSACT = """
import sys
from ledgereth.transactions import create_transaction
fees = {"gas_price": 2 * 10**9}
if sys.argv[1] == "2":
    fees = {"max_fee_per_gas": 2 * 10**9, "max_priority_fee_per_gas": 10**9}
signed = create_transaction(
    destination=sys.argv[2], amount=1, gas=200_000, nonce=7, data=sys.argv[3],
    chain_id=int(sys.argv[4]), sender_path=sys.argv[5], **fees,
)
print(signed.raw_transaction())
"""
ETH2_KEY = """
import sys
from ledgerblue.comm import getDongle
path = [12381, 3600, 0, 0, 0]
data = bytes([len(path)]) + b"".join(level.to_bytes(4, "big") for level in path)
for shown in (0, 1):
    reply = getDongle().exchange(bytes([0xE0, 0x0E, shown, 0, len(data)]) + data)
    print(bytes(reply[1:49] if shown else reply).hex())
"""
ETH2_SIGNING_KEY = (
    "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af"
    "7ea7b2040622a8fd0b5bfb2a209b5911"
)
EXIT_CONTRACT = "0x00000961Ef480Eb55e80D19ad83579A64c007002"


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


@pytest.mark.parametrize("kind", ["0", "2"], ids=["legacy", "eip1559"])
@pytest.mark.parametrize("data", ["", "0x" + bytes(range(56)).hex()], ids=["payment", "exit"])
def test_signs_a_transaction(ledger: str, kind: str, data: str) -> None:
    path = wallet.FIRST_PATH.removeprefix("m/")
    raw = ledgereth(ledger, "-c", TRANSACT, kind, EXIT_CONTRACT, data, "560048", path)
    assert Account.recover_transaction(raw) == wallet.account(wallet.FIRST_PATH).address


def test_reads_an_eth2_key_over_ledgerblue(ledger: str) -> None:
    silent, shown = ledgereth(ledger, "-c", ETH2_KEY).splitlines()
    # m/12381/3600/0/0/0 of the mocks' words.
    assert silent == shown == ETH2_SIGNING_KEY
