"""Three dirks 1.2.1 make a distributed account. Each one's share goes into a set of its own and comes out as a
wallet for a dirk: three that start from nothing but what was restored sign as the first three did."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls import G2ProofOfPossession as bls
from py_ecc.bls.g2_primitives import G2_to_signature, signature_to_G2
from py_ecc.optimized_bls12_381 import add, curve_order, multiply

import certificates
from command import done, run
from dirk_server import DOMAIN, Dirk

ROOT = "cd" * 32
ACCOUNT = "Cluster/v 1"
PASSPHRASE = "a passphrase of tests"
SIGNED = hashlib.sha256(bytes.fromhex(ROOT + DOMAIN)).digest()


class Cluster:
    """Three dirks that know each other, on three addresses of this machine."""

    def __init__(self, folder: Path) -> None:
        authority = certificates.authority("an authority of three")
        hosts = [f"127.0.0.{n}" for n in (1, 2, 3)]
        self.dirks = [Dirk(folder / host, host, authority) for host in hosts]

    def configure(self, wallets: list[Path], passphrases: list[Path]) -> None:
        for dirk, folder, passphrase in zip(self.dirks, wallets, passphrases, strict=True):
            dirk.configure(folder, passphrase, "Cluster", self.dirks)

    def signature(self, validator: str, members: list[int]) -> BLSSignature:
        """What these members sign together, by the numbers of their shares."""
        parts = []
        for n in members:
            dirk = self.dirks[n - 1]
            (account,) = dirk.ask("list", "Cluster")["accounts"]
            assert (account["name"], account["composite_pubkey"]) == (ACCOUNT, validator)
            assert account["threshold"] == 2
            answer = dirk.ask("sign", ACCOUNT, ROOT, DOMAIN)
            assert answer["state"] == "SUCCEEDED", dirk.log()
            part = BLSSignature(bytes.fromhex(answer["signature"]))
            assert bls.Verify(BLSPubkey(bytes.fromhex(account["pubkey"])), SIGNED, part)
            parts.append(part)
        return combined(members, parts)


def combined(members: list[int], parts: list[BLSSignature]) -> BLSSignature:
    """By Lagrange's formula at 0."""
    whole = None
    for x, part in zip(members, parts, strict=True):
        factor = 1
        for other in members:
            if other != x:
                factor = factor * other * pow(other - x, -1, curve_order) % curve_order
        term = multiply(signature_to_G2(part), factor)
        whole = term if whole is None else add(whole, term)
    assert whole is not None
    return G2_to_signature(whole)


def empty_wallet(folder: Path) -> Path:
    """A distributed wallet without accounts, as `ethdo wallet create` makes it."""
    name = str(uuid4())
    (folder / name).mkdir(parents=True)
    wallet = {"uuid": name, "name": "Cluster", "version": 1, "type": "distributed"}
    (folder / name / name).write_text(json.dumps(wallet))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[Path], Path]]:
    """The validator's key, the wallets of the three dirks that made it, and their passphrase."""
    folder = tmp_path_factory.mktemp("three")
    passphrase = folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    wallets = [empty_wallet(folder / f"wallets-{n}") for n in (1, 2, 3)]
    cluster = Cluster(folder)
    cluster.configure(wallets, [passphrase] * 3)
    with ExitStack() as running:
        for dirk in cluster.dirks:
            running.enter_context(dirk.running())
        made = cluster.dirks[0].ask("generate", ACCOUNT, PASSPHRASE, "3", "2")
        assert made["state"] == "SUCCEEDED", [dirk.log() for dirk in cluster.dirks]
        (account,) = cluster.dirks[1].ask("list", "Cluster")["accounts"]
        validator = account["composite_pubkey"]
        signature = cluster.signature(validator, [1, 3])
        assert bls.Verify(BLSPubkey(bytes.fromhex(validator)), SIGNED, signature)
    yield validator, wallets, passphrase


def test_three_dirks_from_nothing_but_what_was_restored_sign_as_before(
    made: tuple[str, list[Path], Path], tmp_path: Path
) -> None:
    validator, wallets, passphrase = made
    restored = []
    for n, folder in enumerate(wallets, 1):
        copy, to = tmp_path / f"copy-{n}", tmp_path / f"restored-{n}"
        source = ["--from", f"dirk:{folder}", "--password-file", passphrase, "--network", "hoodi"]
        created = done("backup", "create", *source, "--copy", copy, device="mock-ledger")
        (key,) = created["keys"]
        share = key["share"]
        assert (share["validator"], share["x"], share["threshold"], share["shares"]) == (validator, n, 2, 3)
        (place,) = created["may_sign_at"]
        command = ["backup", "restore", copy, "--to", to, "--layout", "dirk", "--never-attested"]
        done(*command, "--off", place["location"], device="mock-ledger")
        restored.append(to)
    cluster = Cluster(tmp_path)
    cluster.configure(
        [to / "wallets" for to in restored], [to / "account-passphrase.txt" for to in restored]
    )
    with ExitStack() as running:
        for dirk in cluster.dirks:
            running.enter_context(dirk.running())
        together = {cluster.signature(validator, members) for members in ([1, 2], [2, 3], [3, 1])}
    assert len(together) == 1
    assert bls.Verify(BLSPubkey(bytes.fromhex(validator)), SIGNED, together.pop())


def test_the_shares_of_two_dirks_in_one_set_are_not_given_to_one(
    made: tuple[str, list[Path], Path], tmp_path: Path
) -> None:
    validator, wallets, passphrase = made
    both = tmp_path / "both"
    for folder in wallets[:2]:
        shutil.copytree(folder, both, dirs_exist_ok=True)
    copy = tmp_path / "copy"
    source = ["--from", f"dirk:{both}", "--password-file", passphrase, "--network", "hoodi"]
    created = done("backup", "create", *source, "--copy", copy, device="mock-ledger")
    keys = {key["share"]["x"]: key["pubkey"] for key in created["keys"]}
    (place,) = created["may_sign_at"]
    command = ["backup", "restore", copy, "--layout", "dirk", "--never-attested"]
    command += ["--off", place["location"]]
    refused = run(*command, "--to", tmp_path / "two", device="mock-ledger")
    assert refused.exit_code == 3, refused.stdout
    assert validator in refused.json()["error"]["message"]
    done(*command, "--to", tmp_path / "one", "--pubkey", keys[2], device="mock-ledger")
    # And the two make the whole key, in a set.
    combine = ["validator", "combine", "--network", "hoodi", "--copy", copy]
    whole = done(*combine, device="mock-ledger")
    assert [key["pubkey"] for key in whole["keys"]] == [validator]
