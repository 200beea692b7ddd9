"""Shares of keys, put together by herumi's BLS library, which charon, SSV and dirk sign with: through Go's
bls-eth-go-binary and through npm bls-eth-wasm."""

import json
import shutil
import subprocess

import pytest

import javascript
from backup import Backup, forget
from command import BINARY, done
from split import SSV_KEYS, Split, combined_by_herumi, secrets_of_plain, splits

RANDOM_SPLITS = BINARY.parent / "examples/random_splits"


@pytest.fixture(scope="module")
def made(hoodi: Backup, tmp_path_factory: pytest.TempPathFactory) -> list[Split]:
    """The first key of the set, as 2 of 3, 3 of 4 and 5 of 7."""
    folder = tmp_path_factory.mktemp("herumi")
    # Copies of the copies: a split leaves a mark, and others restore these keys whole.
    copies = [shutil.copytree(copy, folder / copy.name) for copy in hoodi.copies]
    restore = ["backup", "restore", copies[0], "--to", folder / "whole", "--layout", "plain"]
    done(*restore, "--never-attested", device="mock-ledger")
    whole = secrets_of_plain(folder / "whole")
    found = []
    for shares, threshold in [(3, 2), (4, 3), (7, 5)]:
        own = [shutil.copytree(copy, folder / f"{shares}" / copy.name) for copy in hoodi.copies]
        forget(own)
        to = folder / f"{shares}/cluster"
        options = ["--shares", f"{shares}", "--threshold", f"{threshold}", "--whole-keys-are-off"]
        document = done(
            *("validator", "split", "--copy", *own, "--pubkey", hoodi.pubkeys[0]),
            *("--to", to, *options),
            device="mock-ledger",
        )
        found += splits(document, to, whole)
    return found


def test_every_group_of_the_threshold_gives_key_and_signature(made: list[Split]) -> None:
    """By two builds of the library. Groups: 3 of 2 of 3, 4 of 3 of 4, 21 of 5 of 7."""
    lines = "".join(f"{one.line()}\n" for one in made)
    by_go = combined_by_herumi(made, every=1)
    assert (by_go["groups"], by_go["groups_that_give_the_key"]) == (28, 28)
    assert (by_go["signed"], by_go["signatures_that_verify"]) == (3, 3)
    assert (by_go["groups_too_small"], by_go["groups_too_small_that_give_the_key"]) == (44, 0)
    assert by_go["signatures_of_too_few_that_verify"] == 0
    by_wasm = json.loads(javascript.text("bls_eth_wasm.cjs", SSV_KEYS, stdin=lines))
    assert by_wasm == {
        "splits": 3,
        "groups": 28,
        "keys": 28,
        "signatures": 28,
        "too_small": 44,
        "keys_of_too_few": 0,
    }


def test_ten_thousand_random_splits_combine() -> None:
    """2 to 10 shares, every threshold, every group: 439,824 groups that must give the key, and 449,824
    that must not."""
    made = subprocess.run([RANDOM_SPLITS, "10000"], capture_output=True, text=True, check=True)
    assert combined_by_herumi(made.stdout, every=10) == {
        "splits": 10_000,
        "groups": 439_824,
        "groups_that_give_the_key": 439_824,
        "groups_too_small": 449_824,
        "groups_too_small_that_give_the_key": 0,
        "signed": 1_000,
        "signatures_that_verify": 1_000,
        "signatures_of_too_few_that_verify": 0,
    }
