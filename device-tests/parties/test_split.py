"""Shares of a key: npm @chainsafe/bls-keystore opens them, PyPI py_ecc puts them together again."""

import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls import G2ProofOfPossession as bls
from py_ecc.bls.g2_primitives import (
    G1_to_pubkey,
    G2_to_signature,
    pubkey_to_G1,
    signature_to_G2,
)
from py_ecc.optimized_bls12_381 import add, curve_order, multiply

import javascript
from backup import Backup, forget
from command import done

MESSAGE = bytes(range(32))


@pytest.fixture(scope="module")
def nodes(hoodi: Backup, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first key of the set, as 4 shares of which any 3 sign."""
    folder = tmp_path_factory.mktemp("split")
    to = folder / "cluster"
    options = ["--shares", "4", "--threshold", "3", "--to", str(to), "--whole-keys-are-off"]
    # Copies of the copies: a split leaves a mark, and others restore these keys whole.
    own = [shutil.copytree(copy, folder / copy.name) for copy in hoodi.copies]
    forget(own)
    copies = [argument for copy in own for argument in ("--copy", str(copy))]
    key = ["--pubkey", hoodi.pubkeys[0]]
    done("validator", "split", *copies, *key, *options, device="mock-ledger")
    return to


@pytest.fixture(scope="module")
def secrets(nodes: Path) -> dict[int, int]:
    """The shares by their x: node i has the one at i + 1."""
    shares = {}
    for node in range(4):
        folder = nodes / f"node{node}" / "validator_keys"
        password = (folder / "keystore-0.txt").read_text()
        (secret,) = javascript.lines(
            "open_keystores.mjs", "--secret", folder / "keystore-0.json", stdin=password
        )
        shares[node + 1] = int(secret, 16)
    return shares


def factor(x: int, places: tuple[int, ...]) -> int:
    """Lagrange's factor at 0 for the place x."""
    result = 1
    for other in places:
        if other != x:
            result = result * other * pow(other - x, -1, curve_order) % curve_order
    return result


def combined(points: dict[int, Any], places: tuple[int, ...]) -> Any:
    first, *rest = (multiply(points[x], factor(x, places)) for x in places)
    for point in rest:
        first = add(first, point)
    return first


def test_any_three_shares_sign_for_the_key_and_two_do_not(
    hoodi: Backup, secrets: dict[int, int]
) -> None:
    key = bytes.fromhex(hoodi.pubkeys[0])
    pubkeys = {x: pubkey_to_G1(bls.SkToPk(secret)) for x, secret in secrets.items()}
    signatures = {x: signature_to_G2(bls.Sign(secret, MESSAGE)) for x, secret in secrets.items()}
    for count in (2, 3, 4):
        for places in combinations(secrets, count):
            assert (G1_to_pubkey(combined(pubkeys, places)) == key) == (count >= 3), places
            signature = G2_to_signature(combined(signatures, places))
            verifies = bls.Verify(BLSPubkey(key), MESSAGE, BLSSignature(signature))
            assert verifies == (count >= 3), places


def test_every_folder_holds_what_charon_globs_and_nothing_else(nodes: Path) -> None:
    assert sorted(path.name for path in nodes.iterdir()) == ["node0", "node1", "node2", "node3"]
    for node in nodes.iterdir():
        files = sorted(str(path.relative_to(node)) for path in node.rglob("*") if path.is_file())
        assert files == ["validator_keys/keystore-0.json", "validator_keys/keystore-0.txt"]
