"""What restore and retire ask a person, and that a no changes nothing."""

import json
import time
from pathlib import Path

import pytest
from backup import Backup
from command import done
from terminal import converse

ROOT = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"
PLAN = "Write it? (yes or no)"


def restore(hoodi: Backup, to: Path, option: str, *answers: tuple[str, str]) -> tuple[int, str]:
    options = ["--layout", "nimbus", "--to", str(to), *option.split(), "--device", "mock-ledger"]
    return converse("backup", "restore", *hoodi.copies, *options, answers=list(answers))


def test_the_plan_is_shown_and_a_no_writes_nothing(hoodi: Backup, tmp_path: Path) -> None:
    to = tmp_path / "to"
    code, seen = restore(hoodi, to, "--never-attested", (PLAN, "no"))
    assert code == 5 and not to.exists(), seen
    shown = seen.split(PLAN)[0]
    assert "validators/0x<pubkey>/keystore.json" in shown
    assert all(key in shown for key in hoodi.pubkeys)
    code, seen = restore(hoodi, to, "--never-attested", (PLAN, "yes"))
    assert code == 0 and to.exists(), seen


def test_an_old_machine_that_may_run_stops_all(hoodi: Backup, tmp_path: Path) -> None:
    to = tmp_path / "to"
    question = "Is the old machine switched off for good"
    code, seen = restore(hoodi, to, "--history-lost", (question, "no"))
    assert code == 5 and not to.exists(), seen
    assert "approve" not in seen, "the wallet was asked before the question was answered"
    code, seen = restore(hoodi, to, "--history-lost", (question, "yes"), (PLAN, "yes"))
    assert code == 0 and "--doppelganger-detection" in seen, seen


GENESIS, EPOCH = 1_742_213_400, 384
"""Of hoodi, in seconds."""


@pytest.mark.parametrize("recent", [False, True])
def test_a_kept_history_counts_when_somebody_says_so(
    hoodi: Backup, tmp_path: Path, recent: bool
) -> None:
    epoch = (int(time.time()) - GENESIS) // EPOCH - 1 if recent else 7
    attested = {"source_epoch": str(epoch - 1), "target_epoch": str(epoch)}
    record = {"signed_blocks": [], "signed_attestations": [attested]}
    history = {
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": ROOT},
        "data": [{"pubkey": f"0x{key}", **record} for key in hoodi.pubkeys],
    }
    folder = hoodi.copies[0] / "stockade/history" / hoodi.created["set_id"]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "20261120T101500Z.json"
    file.write_text(json.dumps(history))
    try:
        to = tmp_path / "to"
        question = "Did these keys sign anything since then"
        code, seen = restore(hoodi, to, "", (question, "yes"))
        assert code == 2 and not to.exists(), seen
        assert f"2026-11-20 10:15 UTC is stored with the set (up to epoch {epoch})" in seen
        assert ("within the last hour" in seen) == recent
        code, seen = restore(hoodi, to, "", (question, "no"), (PLAN, "yes"))
        assert code == 0, seen
        history["data"].sort(key=lambda record: record["pubkey"])
        assert json.loads((to / "slashing_protection.json").read_text()) == history
    finally:
        file.unlink()


def test_a_set_is_removed_only_after_a_yes(tmp_path: Path) -> None:
    copy = ["--copy", str(tmp_path / "a")]
    keys = ["--network", "hoodi", "--count", "1", "--batch", "0", "--start", "0"]
    old = done("validator", "create", *keys, *copy, device="mock-ledger")["set_id"]
    again = [*keys, "--recreate", *copy]
    new = done("validator", "create", *again, device="mock-ledger")["set_id"]
    sets = tmp_path / "a/stockade"
    retire = ["backup", "retire", str(tmp_path / "a"), "--set", old, "--by", new]
    question = f"Remove set {old} for good?"
    for answer, code, left in (("no", 5, True), ("yes", 0, False)):
        found, seen = converse(*retire, "--device", "mock-ledger", answers=[(question, answer)])
        assert found == code and (sets / old).exists() == left, seen
        assert "deposit_data-" in seen
        assert (sets / new).exists()
