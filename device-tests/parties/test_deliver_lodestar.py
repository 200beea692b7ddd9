"""Keys to a real validator client, from it to another, and back: Lodestar behind a stub of a beacon
node. It takes our keystores and histories, and we take its own."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import backup
import pytest
from beacon_stub import SEPOLIA, beacon_node
from command import Result, run
from keymanager import request
from lodestar import Lodestar, validator_client

EPOCH = (int(time.time()) - int(SEPOLIA["genesis_time"])) // 384


# Lodestar derives a key for each keystore, in JavaScript: many seconds where others want the machine.
PATIENCE = 900


def ran(*arguments: str | Path) -> Result:
    return run(*arguments, device="mock-ledger", timeout=PATIENCE)


def done(*arguments: str | Path) -> Any:
    result = ran(*arguments)
    assert result.exit_code == 0, f"{result.exit_code}: {result.stdout}{result.stderr}"
    return result.json()


@pytest.fixture(scope="module")
def beacon() -> Iterator[str]:
    with beacon_node() as url:
        yield url


@pytest.fixture
def clients(tmp_path: Path, beacon: str) -> Iterator[list[Lodestar]]:
    with (
        validator_client(tmp_path / "one", beacon) as one,
        validator_client(tmp_path / "two", beacon) as two,
    ):
        yield [one, two]


@pytest.fixture
def sepolia(tmp_path: Path) -> backup.Backup:
    copies = [tmp_path / "A", tmp_path / "B"]
    named = [word for copy in copies for word in ("--copy", str(copy))]
    line = ["validator", "create", "--network", "sepolia", "--count", "3", *named]
    return backup.Backup(copies, done(*line))


def to(client: Lodestar, keys: backup.Backup, *options: str | Path) -> list[str | Path]:
    target = ["--url", client.url, "--token-file", client.token, "--timeout", str(PATIENCE)]
    return ["deliver", "keymanager", *keys.copies, *target, *options]


def coming_from(client: Lodestar) -> list[str | Path]:
    return ["--from", client.url, "--from-token-file", client.token]


def history(pubkeys: list[str], root: str) -> dict[str, Any]:
    attested = [{"source_epoch": str(EPOCH - 1), "target_epoch": str(EPOCH)}]
    return {
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": root},
        "data": [
            {"pubkey": f"0x{key}", "signed_blocks": [], "signed_attestations": attested}
            for key in pubkeys
        ],
    }


def bounds(interchange: str) -> dict[str, int]:
    """The highest target epoch of each key."""
    found: dict[str, int] = {}
    for record in json.loads(interchange)["data"]:
        for attestation in record["signed_attestations"]:
            key = record["pubkey"].removeprefix("0x")
            found[key] = max(found.get(key, 0), int(attestation["target_epoch"]))
    return found


def statuses(document: Any) -> list[str]:
    return [key["status"] for key in document["keys"]]


def test_keys_move_from_one_client_to_another_and_back_with_what_they_signed(
    clients: list[Lodestar], sepolia: backup.Backup, tmp_path: Path
) -> None:
    one, two = clients
    # The third never signed.
    signed = sepolia.pubkeys[:2]
    file = tmp_path / "history.json"
    told = history(sepolia.pubkeys, SEPOLIA["genesis_validators_root"])
    told["data"][2]["signed_attestations"] = []
    file.write_text(json.dumps(told))
    first = to(one, sepolia, "--not-running", "--history", file, "--verify", "--batch-size", "2")
    delivered = done(*first)
    assert statuses(delivered) == ["imported"] * 3
    assert one.keys() == sorted(sepolia.pubkeys)
    again = done(*first)
    assert statuses(again) == ["listed"] * 3

    # A key never runs at both; the second client is told what was signed at the first.
    # That the third never signed is said, and counts.
    result = ran(*to(two, sepolia, *coming_from(one), "--verify"))
    moved = result.json()
    assert result.exit_code == 1, result.stdout
    assert moved["from"]["never_signed_keys"] == sepolia.pubkeys[2:]
    assert (moved["from"]["removed"], statuses(moved)) == (3, ["imported"] * 3)
    assert (one.keys(), two.keys()) == ([], sorted(sepolia.pubkeys))
    result = ran(*to(one, sepolia, *coming_from(two), "--verify"))
    back = result.json()
    assert (result.exit_code, back["from"]["never_signed_keys"]) == (1, sepolia.pubkeys[2:])
    assert (back["from"]["removed"], statuses(back)) == (3, ["imported"] * 3)
    assert (one.keys(), two.keys()) == (sorted(sepolia.pubkeys), [])

    # What Lodestar itself says at last, asked without us.
    body = {"pubkeys": [f"0x{key}" for key in sepolia.pubkeys]}
    removed = request(one.url, "/eth/v1/keystores", one.token.read_text(), "DELETE", body)
    assert bounds(removed["slashing_protection"]) == dict.fromkeys(signed, EPOCH)


def test_what_was_removed_and_not_delivered_goes_on_from_what_was_kept(
    clients: list[Lodestar], sepolia: backup.Backup, tmp_path: Path
) -> None:
    one, two = clients
    file = tmp_path / "history.json"
    file.write_text(json.dumps(history(sepolia.pubkeys, SEPOLIA["genesis_validators_root"])))
    done(*to(one, sepolia, "--not-running", "--history", file))
    # Somebody removed them by hand just now, and heard nothing of it.
    body = {"pubkeys": [f"0x{key}" for key in sepolia.pubkeys]}
    request(one.url, "/eth/v1/keystores", one.token.read_text(), "DELETE", body)
    doubted = ran(*to(two, sepolia, *coming_from(one), "--verify"))
    assert doubted.exit_code == 3 and f"--off {one.url}" in doubted.json()["error"]["hint"]
    assert two.keys() == []
    moved = done(*to(two, sepolia, *coming_from(one), "--verify", "--off", one.url))
    assert (moved["from"]["removed"], statuses(moved)) == (0, ["imported"] * 3)
    assert two.keys() == sorted(sepolia.pubkeys)


def test_a_client_of_another_chain_and_a_wrong_token_take_nothing(
    clients: list[Lodestar], hoodi: backup.Backup, tmp_path: Path
) -> None:
    one, _ = clients
    # Its chain is sepolia: that it says, when it is asked to remove nothing.
    never = ["--not-running", "--never-attested"]
    refused = ran(*to(one, hoodi, *never))
    assert refused.exit_code == 3 and "approve" not in refused.stderr, refused.stderr
    assert "hoodi" in refused.json()["error"]["message"]
    assert one.keys() == []
    wrong = tmp_path / "wrong"
    wrong.write_text("api-token-0x00")
    refused = ran(*to(Lodestar(one.url, wrong), hoodi, *never))
    assert (refused.exit_code, refused.json()["error"]["kind"]) == (4, "permission")


def test_a_client_is_told_which_signer_has_the_keys(
    clients: list[Lodestar], sepolia: backup.Backup
) -> None:
    one, _ = clients
    signer = "http://127.0.0.1:9"
    line = [
        *["deliver", "remote-keys", *sepolia.copies, "--not-running", "--url", one.url],
        *["--token-file", one.token, "--signer-url", signer, "--verify"],
    ]
    told = done(*line)
    assert statuses(told) == ["imported"] * 3
    assert one.remote_keys() == dict.fromkeys(sepolia.pubkeys, signer)
    assert statuses(done(*line)) == ["listed"] * 3
    # What it signs with another's help is there already: no key goes to it as well.
    other = ran(*line[:-2], "http://127.0.0.1:10")
    assert other.exit_code == 1
    assert one.remote_keys() == dict.fromkeys(sepolia.pubkeys, signer)
