"""Keys to a real server that speaks Vault's API, held against the set there, and taken over from there.
What lies there is read back by plain HTTP."""

import json
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import backup
import pytest
from certificates import authority
from command import BINARY, Result, done, environment, run
from py_ecc.bls import G2ProofOfPossession as bls
from rusty_vault import MOUNT, RustyVault, rusty_vault
from terminal import converse

FOLDERS = (f"folder-{number}" for number in count())


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RustyVault]:
    with rusty_vault(tmp_path_factory.mktemp("vault") / "server") as server:
        yield server


@pytest.fixture
def folder() -> str:
    """A path that nothing lies at."""
    return next(FOLDERS)


@pytest.fixture
def token(vault: RustyVault, tmp_path: Path) -> list[str | Path]:
    return by_token(vault, vault.token(tmp_path / "token"))


def by_token(vault: RustyVault, token: Path) -> list[str | Path]:
    return ["--vault-addr", vault.url, "--kv", "1", "--token-file", token]


def by_role(vault: RustyVault, role: Path) -> list[str | Path]:
    return ["--vault-addr", vault.url, "--kv", "1", "--approle-file", role]


def deliver(keys: backup.Backup, folder: str, login: list[str | Path]) -> Result:
    place = ["--mount", MOUNT, "--path", folder, "--no-note"]
    return run("deliver", "vault", keys.copies[0], *place, *login, device="mock-ledger")


def check(keys: backup.Backup, folder: str, login: list[str | Path]) -> Result:
    line = ["store", "check", f"vault:{MOUNT}/{folder}", keys.copies[0]]
    return run(*line, *login, device="mock-ledger")


def statuses(result: Result) -> list[str]:
    return [key["status"] for key in result.json()["keys"]]


def failure(result: Result) -> tuple[int, str]:
    assert "Sign" not in result.stderr and "approve" not in result.stderr, "somebody was asked"
    return result.exit_code, result.json()["error"]["kind"]


def public_key(value: str) -> str:
    return bls.SkToPk(int(value, 16)).hex()


@pytest.mark.parametrize("how", ["token", "role"])
def test_every_key_lies_there_under_its_own_name(
    hoodi: backup.Backup, vault: RustyVault, folder: str, tmp_path: Path, how: str
) -> None:
    login = (
        by_token(vault, vault.token(tmp_path / "token"))
        if how == "token"
        else by_role(vault, vault.role(tmp_path / "role"))
    )
    delivered = deliver(hoodi, folder, login)
    assert delivered.exit_code == 0, delivered.stdout + delivered.stderr
    assert statuses(delivered) == ["written"] * 3
    there = vault.secrets(folder)
    assert {name: public_key(data["value"]) for name, data in there.items()} == {
        key: key for key in hoodi.pubkeys
    }
    assert all(data["value"] not in delivered.stdout + delivered.stderr for data in there.values())

    again = deliver(hoodi, folder, login)
    assert (again.exit_code, statuses(again)) == (0, ["same"] * 3)
    assert vault.secrets(folder) == there

    checked = check(hoodi, folder, login)
    assert checked.exit_code == 0, checked.stdout + checked.stderr
    assert checked.json()["verdicts"] == {"proven": 3, "contradicted": 0, "inconclusive": 0}


def test_what_somebody_else_put_there_stays(
    hoodi: backup.Backup, vault: RustyVault, folder: str, token: list[str | Path]
) -> None:
    theirs = {"value": "0x11", "owner": "somebody"}
    vault.write(f"{folder}/{hoodi.pubkeys[1]}", theirs)
    delivered = deliver(hoodi, folder, token)
    assert delivered.exit_code == 1
    assert statuses(delivered) == ["written", "refused", "written"]
    assert vault.secrets(folder)[hoodi.pubkeys[1]] == theirs


def one_removed(keys: list[str], there: dict[str, Any]) -> None:
    there[keys[0]] = None


def one_replaced_by_a_strangers(keys: list[str], there: dict[str, Any]) -> None:
    there[keys[0]] = {"value": f"0x{7:064x}"}


def one_under_anothers_name(keys: list[str], there: dict[str, Any]) -> None:
    there[keys[0]] = there[keys[1]]


def one_cut_off(keys: list[str], there: dict[str, Any]) -> None:
    there[keys[0]] = {"value": there[keys[0]]["value"][:50]}


def one_that_nobody_knows(keys: list[str], there: dict[str, Any]) -> None:
    there["more"] = {"value": f"0x{7:064x}"}


@pytest.mark.parametrize(
    ("change", "reasons", "verdicts"),
    [
        (one_removed, ["missing"], (2, 1, 0)),
        (one_replaced_by_a_strangers, ["pubkey_mismatch"], (2, 1, 0)),
        (one_under_anothers_name, ["pubkey_mismatch"], (2, 1, 0)),
        (one_cut_off, ["malformed"], (2, 1, 0)),
        (one_that_nobody_knows, ["unlisted"], (3, 0, 1)),
    ],
)
def test_what_is_wrong_with_a_key_there_is_said_of_that_key(
    hoodi: backup.Backup,
    vault: RustyVault,
    folder: str,
    token: list[str | Path],
    change: Any,
    reasons: list[str],
    verdicts: tuple[int, int, int],
) -> None:
    assert deliver(hoodi, folder, token).exit_code == 0
    there = vault.secrets(folder)
    changed = dict(there)
    change(hoodi.pubkeys, changed)
    for name, data in changed.items():
        path = f"{folder}/{name}"
        vault.remove(path) if data is None else vault.write(path, data)
    checked = check(hoodi, folder, token)
    assert checked.exit_code == 1
    found = [key for key in checked.json()["keys"] if key["reason"] != "ok"]
    assert [key["reason"] for key in found] == reasons
    if change is not one_that_nobody_knows:
        assert found[0]["pubkey"] == hoodi.pubkeys[0]
    said = checked.json()["verdicts"]
    assert (said["proven"], said["contradicted"], said["inconclusive"]) == verdicts


def test_a_set_is_made_of_what_lies_there(
    hoodi: backup.Backup,
    vault: RustyVault,
    folder: str,
    token: list[str | Path],
    tmp_path: Path,
) -> None:
    assert deliver(hoodi, f"{folder}/deeper", token).exit_code == 0
    there = vault.secrets(f"{folder}/deeper")
    take = ["backup", "create", "--network", "hoodi", "--from", f"vault:{MOUNT}/{folder}"]
    taken = done(*take, "--copy", tmp_path / "copy", *token, device="mock-ledger")
    assert {key["pubkey"] for key in taken["keys"]} == set(hoodi.pubkeys)
    assert vault.secrets(f"{folder}/deeper") == there
    drilled = done("backup", "drill", tmp_path / "copy", device="mock-ledger")
    assert drilled["verdicts"]["proven"] == 3


def test_who_is_not_let_in_makes_nobody_press(
    hoodi: backup.Backup, vault: RustyVault, folder: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hvs.nobody")
    revoked = vault.token(tmp_path / "revoked")
    vault.revoke(revoked)
    destroyed = vault.role(tmp_path / "destroyed")
    vault.destroy(destroyed)
    used_up = vault.role(tmp_path / "used_up", logins=1)
    assert failure(check(hoodi, folder, by_role(vault, used_up))) == (3, "input")
    stranger = tmp_path / "stranger"
    stranger.write_text("nobody\nnothing\n")
    logins = [(by_token(vault, token), "token") for token in (wrong, revoked)]
    logins += [(by_role(vault, role), "secret id") for role in (destroyed, used_up, stranger)]
    for login, at_fault in logins:
        for refused in (deliver(hoodi, folder, login), check(hoodi, folder, login)):
            assert failure(refused) == (4, "permission"), refused.stdout
            assert vault.url in refused.json()["error"]["message"]
            assert at_fault in refused.json()["error"]["hint"]
    assert vault.secrets(folder) == {}


def test_where_no_engine_is_nothing_is_written_and_nothing_is_missing(
    hoodi: backup.Backup, vault: RustyVault, token: list[str | Path]
) -> None:
    nowhere = ["--mount", "nowhere", "--path", "v", "--no-note", *token]
    refused = run("deliver", "vault", hoodi.copies[0], *nowhere, device="mock-ledger")
    assert failure(refused) == (4, "not_found")
    place = "vault:nowhere/v"
    refused = run("store", "check", place, hoodi.copies[0], *token, device="mock-ledger")
    assert failure(refused) == (4, "not_found")


def test_the_version_of_the_engine_is_found_out(
    hoodi: backup.Backup, vault: RustyVault, folder: str, token: list[str | Path]
) -> None:
    other = [word if word != "1" else "2" for word in token]
    assert failure(deliver(hoodi, folder, other)) == (2, "usage")
    assert vault.secrets(folder) == vault.secrets(f"data/{folder}") == {}
    unsaid = [word for word in token if word not in ("--kv", "1")]
    assert deliver(hoodi, folder, unsaid).exit_code == 0
    assert check(hoodi, folder, unsaid).exit_code == 0


def test_a_person_sees_the_plan_and_decides(
    hoodi: backup.Backup, vault: RustyVault, folder: str, token: list[str | Path]
) -> None:
    line = ["deliver", "vault", hoodi.copies[0], "--device", "mock-ledger", "--no-note"]
    line += ["--mount", MOUNT, "--path", folder, *token]
    code, seen = converse(*line, answers=[("Deliver?", "no")])
    assert (code, vault.secrets(folder)) == (5, {})
    code, seen = converse(*line, answers=[("Deliver?", "yes")])
    assert code == 0
    assert all(key in seen.split("Deliver?")[0] for key in hoodi.pubkeys)
    assert "holds 3 of 3 keys" in seen and "delivering" in seen
    assert "delivering" not in deliver(hoodi, folder, token).stderr


def test_a_password_goes_where_nothing_is(
    vault: RustyVault, folder: str, token: list[str | Path], tmp_path: Path
) -> None:
    password = tmp_path / "password.txt"
    password.write_text("correct horse battery\n")
    put = ["deliver", "password", password, "--to", f"vault:{MOUNT}/{folder}/one", *token]
    assert done(*put)["status"] == "written"
    held = {"one": {"password": "correct horse battery"}}
    assert vault.secrets(folder) == held
    assert done(*put)["status"] == "same"
    password.write_text("another\n")
    assert failure(run(*put)) == (4, "refused")
    assert vault.secrets(folder) == held


def test_one_that_dies_midway_is_finished_when_it_is_back(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    create = ["validator", "create", "--network", "hoodi", "--count", "200", "--copy", copy]
    many = backup.Backup([copy], done(*create, device="mock-ledger"))
    with rusty_vault(tmp_path / "server") as server:
        login = by_token(server, server.token(tmp_path / "token"))
        place = ["--mount", MOUNT, "--path", "v", "--no-note", *login]
        line = ["--json", "--device", "mock-ledger", "deliver", "vault", copy, *place]
        running = subprocess.Popen(
            [BINARY, *line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        until = time.monotonic() + 60
        while sum(1 for _ in server.folder.glob("data/logical/*/v/*")) < 20:
            assert running.poll() is None and time.monotonic() < until
        server.kill()
        printed, _ = running.communicate(timeout=120)
        interrupted = json.loads(printed)
        assert running.returncode == 1
        assert server.url in interrupted["failure"]
        words = [key["status"] for key in interrupted["keys"]]
        written = words.count("written")
        assert 20 <= written + 1 and written < 199
        assert words == ["written"] * written + ["unknown"] + ["not_sent"] * (199 - written)

        # Started again it is sealed, and nobody is asked for anything.
        server.start()
        assert failure(deliver(many, "v", login)) == (4, "refused")
        server.unseal()
        there = server.secrets("v")
        assert written <= len(there) <= written + 1
        finished = deliver(many, "v", login)
        assert finished.exit_code == 0, finished.stdout
        assert statuses(finished).count("same") == len(there)
        now = server.secrets("v")
        assert set(now) == set(many.pubkeys)
        assert {name: now[name] for name in there} == there


@pytest.mark.parametrize("host", ["127.0.0.1", "vault.example"])
def test_it_is_trusted_by_the_given_authority_and_under_its_own_name_alone(
    hoodi: backup.Backup, tmp_path: Path, host: str
) -> None:
    ours = authority("ours")
    with rusty_vault(tmp_path / "server", ours.vouch(tmp_path, host)) as server:
        login = by_token(server, server.token(tmp_path / "token"))
        ca = ["--ca", ours.write(tmp_path / "ca.pem")]
        other = ["--ca", authority("another").write(tmp_path / "other.pem")]
        for options in ([], other, *([ca] if host == "vault.example" else [])):
            refused = deliver(hoodi, "v", [*login, *options])
            assert failure(refused) == (4, "refused"), refused.stdout
            assert "not trusted" in refused.json()["error"]["message"]
        assert server.secrets("v") == {}
        if host == "127.0.0.1":
            assert deliver(hoodi, "v", [*login, *ca]).exit_code == 0
            assert set(server.secrets("v")) == set(hoodi.pubkeys)
            assert check(hoodi, "v", [*login, *ca]).exit_code == 0
