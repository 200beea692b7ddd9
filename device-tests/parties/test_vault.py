"""Keys to a real HashiCorp Vault, held against the set there, and imported from there. What is there
is read back by plain HTTP."""

import json
import shutil
import signal
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
from guide import Guide
from py_ecc.bls import G2ProofOfPossession as bls
from terminal import converse
from vault_server import ENGINES, VaultServer, vault_server

CASES = json.loads((Path(__file__).parent / "vault_cases.json").read_text())
NUMBERS = count()


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with vault_server(tmp_path_factory.mktemp("vault") / "server") as server:
        yield server


@pytest.fixture
def keys(hoodi: backup.Backup, tmp_path: Path) -> backup.Backup:
    """The set in a copy of its own, which knows of no other delivery."""
    return copied(hoodi, tmp_path / "own")


def copied(keys: backup.Backup, folder: Path) -> backup.Backup:
    shutil.copytree(keys.copies[0], folder)
    return backup.Backup([folder], keys.created)


@pytest.fixture(params=ENGINES)
def folder(request: pytest.FixtureRequest) -> str:
    """A place that nothing is stored at, in an engine of either version."""
    return f"{request.param}/folder-{next(NUMBERS)}"


@pytest.fixture
def place() -> str:
    """One in the engine of version 2."""
    return f"keys2/folder-{next(NUMBERS)}"


@pytest.fixture(scope="module")
def values(
    hoodi: backup.Backup, vault: VaultServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a delivery writes, by name."""
    tmp = tmp_path_factory.mktemp("values")
    login = by_token(vault, vault.token(tmp / "token"))
    assert deliver(copied(hoodi, tmp / "own"), "keys2/values", login).exit_code == 0
    return vault.secrets("keys2/values")


@pytest.fixture(scope="module")
def restored(hoodi: backup.Backup, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keystores of the set, and their password."""
    tmp = tmp_path_factory.mktemp("restored")
    copy = copied(hoodi, tmp / "own").copies[0]
    to = ["--to", tmp / "plain", "--layout", "plain", "--never-attested"]
    done("backup", "restore", copy, *to, device="mock-ledger")
    return tmp / "plain"


@pytest.fixture
def token(vault: VaultServer, tmp_path: Path) -> list[str | Path]:
    return by_token(vault, vault.token(tmp_path / "token"))


def by_token(vault: VaultServer, token: Path) -> list[str | Path]:
    return ["--vault-addr", vault.url, "--token-file", token]


def by_role(vault: VaultServer, role: Path) -> list[str | Path]:
    return ["--vault-addr", vault.url, "--approle-file", role]


def deliver(keys: backup.Backup, folder: str, login: list[str | Path]) -> Result:
    mount, _, path = folder.partition("/")
    place = ["--mount", mount, "--path", path, "--no-note"]
    return run("deliver", "vault", keys.copies[0], *place, *login, device="mock-ledger")


def check(keys: backup.Backup, folder: str, login: list[str | Path]) -> Result:
    line = ["store", "check", f"vault:{folder}", keys.copies[0]]
    return run(*line, *login, device="mock-ledger")


def statuses(result: Result) -> list[str]:
    return [key["status"] for key in result.json()["keys"]]


def asked(result: Result) -> bool:
    return "Sign" in result.stderr or "approve" in result.stderr


def failure(result: Result) -> tuple[int, str]:
    assert not asked(result), "somebody was asked"
    return result.exit_code, result.json()["error"]["kind"]


def public_key(value: str) -> str:
    return bls.SkToPk(int(value, 16)).hex()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_case_ends_as_it_says(
    keys: backup.Backup,
    vault: VaultServer,
    values: dict[str, Any],
    restored: Path,
    tmp_path: Path,
    case: dict[str, Any],
) -> None:
    mount = case.get("mount") or f"case{next(NUMBERS)}"
    if mount != "cubbyhole":
        vault.mount(mount)
    if "settings" in case:
        vault.ask("POST", f"{mount}/config", case["settings"])
    put = {f"x/{name}": data for name, data in values.items()} if "delivered" in case else {}
    put |= case.get("put", {})
    first, second, _ = sorted(values)
    if "copy" in case:
        put[case["copy"]] = values[first]
    password = (restored / "password.txt").read_text().strip()
    stores = sorted(restored.glob("keystore*.json"))
    if "keystores" in case:
        beside = password if case["keystores"] == "right" else "wrong-wrong-wrong"
        put |= {
            f"x/{i}": {"keystore": file.read_text(), "password": beside}
            for i, file in enumerate(stores)
        }
    if "keystore_as_fields" in case:
        put[case["keystore_as_fields"]] = json.loads(stores[0].read_text())
    for path, data in put.items():
        vault.ask("POST", f"{mount}/data/{path}", {"data": data})
    if case.get("delete"):
        vault.ask("DELETE", f"{mount}/data/x/{first}")
    if case.get("destroy"):
        vault.ask("PUT", f"{mount}/destroy/x/{first}", {"versions": [1]})
    policy = case.get("policy", "").replace("{mount}", mount)
    token = vault.token(tmp_path / "token", policy.replace("{second}", keys.pubkeys[0]))
    for number, step in enumerate(case["steps"]):
        words = {"tmp": tmp_path / f"made-{number}", "copy": keys.copies[0], "mount": mount}
        words["password"] = restored / "password.txt"
        line = [word.format(**words) for word in step["run"].split()]
        result = run(*line, *by_token(vault, token), device="mock-ledger")
        assert result.exit_code == step["exit"], result.stdout + result.stderr
        said = result.json()
        if "reasons" in step:
            assert sorted(key["reason"] for key in said["keys"]) == step["reasons"]
        if "statuses" in step:
            assert sorted(statuses(result)) == sorted(step["statuses"])
        if "keys" in step:
            assert len(said["keys"]) == step["keys"]
        if "asked" in step:
            assert asked(result) == step["asked"], result.stderr
        assert step.get("said", "") in result.stdout
        assert not any(data["value"][2:20] in result.stdout for data in values.values())


def test_every_key_is_there_under_its_own_name(
    keys: backup.Backup, vault: VaultServer, folder: str, token: list[str | Path], tmp_path: Path
) -> None:
    before = vault.audit.stat().st_size
    delivered = deliver(keys, folder, token)
    assert delivered.exit_code == 0, delivered.stdout + delivered.stderr
    assert statuses(delivered) == ["written"] * 3
    there = vault.secrets(folder)
    assert {name: public_key(data["value"]) for name, data in there.items()} == {
        key: key for key in keys.pubkeys
    }
    again = deliver(keys, folder, token)
    assert (again.exit_code, statuses(again)) == (0, ["same"] * 3)
    assert vault.secrets(folder) == there
    checked = check(keys, folder, token)
    assert checked.exit_code == 0, checked.stdout + checked.stderr
    assert checked.json()["verdicts"] == {"proven": 3, "contradicted": 0, "inconclusive": 0}

    take = ["backup", "create", "--network", "hoodi", "--from", f"vault:{folder}"]
    taken = done(*take, "--copy", tmp_path / "copy", *token, device="mock-ledger")
    assert {key["pubkey"] for key in taken["keys"]} == set(keys.pubkeys)
    drilled = done("backup", "drill", tmp_path / "copy", device="mock-ledger")
    assert drilled["verdicts"]["proven"] == 3

    log = vault.audit.read_text()[before:]
    secrets = [data["value"][2:] for data in there.values()] + [Path(token[-1]).read_text().strip()]
    said = delivered.stdout + delivered.stderr + checked.stdout + checked.stderr
    assert not any(secret in log + said for secret in secrets)


def test_what_somebody_else_put_there_stays(
    keys: backup.Backup, vault: VaultServer, folder: str, token: list[str | Path]
) -> None:
    theirs = {"value": "0x11", "owner": "somebody"}
    vault.write(f"{folder}/{keys.pubkeys[1]}", theirs)
    delivered = deliver(keys, folder, token)
    assert delivered.exit_code == 1
    assert statuses(delivered) == ["written", "refused", "written"]
    assert vault.secrets(folder)[keys.pubkeys[1]] == theirs


@pytest.mark.parametrize(
    ("change", "reason", "verdicts"),
    [
        ("removed", "missing", (2, 1, 0)),
        ("a stranger's", "pubkey_mismatch", (2, 1, 0)),
        ("another's", "pubkey_mismatch", (2, 1, 0)),
        ("cut off", "malformed", (2, 1, 0)),
        ("one more", "unlisted", (3, 0, 1)),
    ],
)
def test_what_is_wrong_with_a_key_there_is_said_of_that_key(
    keys: backup.Backup,
    vault: VaultServer,
    values: dict[str, Any],
    place: str,
    token: list[str | Path],
    change: str,
    reason: str,
    verdicts: tuple[int, int, int],
) -> None:
    first, other = keys.pubkeys[:2]
    stranger = {"value": f"0x{7:064x}"}
    changed = dict(values)
    match change:
        case "removed":
            del changed[first]
        case "a stranger's":
            changed[first] = stranger
        case "another's":
            changed[first] = changed[other]
        case "cut off":
            changed[first] = {"value": changed[first]["value"][:50]}
        case _:
            changed["more"] = stranger
    for name, data in changed.items():
        vault.write(f"{place}/{name}", data)
    checked = check(keys, place, token)
    assert checked.exit_code == 1
    (found,) = [key for key in checked.json()["keys"] if key["reason"] != "ok"]
    assert found["reason"] == reason
    assert change == "one more" or found["pubkey"] == first
    said = checked.json()["verdicts"]
    assert (said["proven"], said["contradicted"], said["inconclusive"]) == verdicts


def test_the_policies_of_the_guide_are_enough(
    keys: backup.Backup, vault: VaultServer, tmp_path: Path
) -> None:
    """Word for word, in an engine of their own."""
    vault.mount("secret")
    guide = Guide("stores.md")
    to_deliver, to_read = guide.block("policy-to-deliver"), guide.block("policy-to-read")
    login = by_token(vault, vault.token(tmp_path / "deliver", to_deliver))
    assert deliver(keys, "secret/validators", login).exit_code == 0
    reader = by_token(vault, vault.token(tmp_path / "read", to_read))
    assert check(keys, "secret/validators", reader).exit_code == 0
    take = ["backup", "create", "--network", "hoodi", "--from", "vault:secret/validators"]
    done(*take, "--copy", tmp_path / "copy", *reader, device="mock-ledger")
    assert failure(deliver(keys, "secret/validators", reader)) == (4, "permission")


def policy(folder: str) -> str:
    mount, _, path = folder.partition("/")
    data = f"{mount}/data" if ENGINES.get(mount) == 2 else mount
    rules = f'path "{data}/{path}/*" {{ capabilities = ["create", "read", "list"] }}\n'
    return rules + f'path "{mount}/metadata/{path}/*" {{ capabilities = ["list"] }}\n'


def test_a_role_gives_its_token_back(
    keys: backup.Backup, vault: VaultServer, place: str, tmp_path: Path
) -> None:
    role = by_role(vault, vault.role(tmp_path / "role", policy(place)))
    before = vault.tokens()
    assert deliver(keys, place, role).exit_code == 0
    assert check(keys, place, role).exit_code == 0
    assert vault.tokens() == before

    # Its token is good for ten requests at a time.
    few = vault.role(tmp_path / "few", policy(place), token_num_uses=10)
    assert check(keys, place, by_role(vault, few)).exit_code == 0

    # A secret id that is good for one login is not used up by a slip.
    once = by_role(vault, vault.role(tmp_path / "once", policy(place), secret_id_num_uses=1))
    assert failure(deliver(keys, f"{place}/../x", once)) == (2, "usage")
    assert check(keys, place, once).exit_code == 0
    used_up = check(keys, place, once)
    assert failure(used_up) == (4, "permission")
    assert "secret id" in used_up.json()["error"]["hint"]


def test_a_proxy_that_adds_its_own_token_needs_none(
    keys: backup.Backup, vault: VaultServer, place: str, tmp_path: Path
) -> None:
    with vault.proxy(tmp_path, policy(place)) as url:
        delivered = deliver(keys, place, ["--vault-addr", url])
        assert delivered.exit_code == 0, delivered.stdout
        assert set(vault.secrets(place)) == set(keys.pubkeys)
        assert check(keys, place, ["--vault-addr", url]).exit_code == 0
    # Vault itself is no proxy.
    refused = deliver(keys, place, ["--vault-addr", vault.url])
    assert failure(refused) == (2, "usage"), refused.stdout
    assert "requires a token" in refused.json()["error"]["message"]


def test_who_is_not_let_in_makes_nobody_press(
    keys: backup.Backup, vault: VaultServer, place: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hvs.nobody")
    revoked = vault.token(tmp_path / "revoked")
    vault.revoke(revoked)
    stranger = tmp_path / "stranger"
    stranger.write_text("nobody\nnothing\n")
    logins = [(by_token(vault, token), "token") for token in (wrong, revoked)]
    logins += [(by_role(vault, stranger), "secret id")]
    for login, at_fault in logins:
        for refused in (deliver(keys, place, login), check(keys, place, login)):
            assert failure(refused) == (4, "permission"), refused.stdout
            assert vault.url in refused.json()["error"]["message"]
            assert at_fault in refused.json()["error"]["hint"]
    assert vault.secrets(place) == {}


def test_where_no_engine_is_nothing_is_written_and_nothing_is_missing(
    keys: backup.Backup, token: list[str | Path]
) -> None:
    for refused in (deliver(keys, "nowhere/v", token), check(keys, "nowhere/v", token)):
        assert failure(refused) == (4, "not_found"), refused.stdout


def test_a_version_that_vault_contradicts_is_refused(
    keys: backup.Backup, vault: VaultServer, folder: str, token: list[str | Path]
) -> None:
    other = "2" if folder.startswith("keys1") else "1"
    assert failure(deliver(keys, folder, [*token, "--kv", other])) == (2, "usage")
    assert vault.secrets(folder) == {}


def test_a_person_sees_the_plan_and_decides(
    keys: backup.Backup, vault: VaultServer, place: str, token: list[str | Path]
) -> None:
    path = place.partition("/")[2]
    line = ["deliver", "vault", keys.copies[0], "--device", "mock-ledger", "--no-note"]
    line += ["--mount", "keys2", "--path", path, *token]
    code, seen = converse(*line, answers=[("Deliver these keys?", "no")])
    assert (code, vault.secrets(place)) == (5, {})
    code, seen = converse(*line, answers=[("Deliver these keys?", "yes")])
    assert code == 0
    assert all(key in seen.split("Deliver these keys?")[0] for key in keys.pubkeys)
    assert "holds 3 of 3 keys" in seen and "delivering" in seen


def test_a_password_goes_where_nothing_is(
    vault: VaultServer, folder: str, token: list[str | Path], tmp_path: Path
) -> None:
    password = tmp_path / "password.txt"
    password.write_text("correct horse battery\n")
    put = ["deliver", "password", password, "--to", f"vault:{folder}/one", *token]
    assert done(*put)["status"] == "written"
    held = {"one": {"password": "correct horse battery"}}
    assert vault.secrets(folder) == held
    assert done(*put)["status"] == "same"
    password.write_text("another\n")
    assert failure(run(*put)) == (4, "refused")
    assert vault.secrets(folder) == held


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> backup.Backup:
    """A set of 200 keys."""
    copy = tmp_path_factory.mktemp("many") / "copy"
    create = ["validator", "create", "--network", "hoodi", "--count", "200", "--copy", copy]
    return backup.Backup([copy], done(*create, device="mock-ledger"))


def start(keys: backup.Backup, folder: str, login: list[str | Path]) -> "subprocess.Popen[bytes]":
    mount, _, path = folder.partition("/")
    place = ["--mount", mount, "--path", path, "--no-note", *login]
    return subprocess.Popen(
        [BINARY, "--json", "--device", "mock-ledger", "deliver", "vault", keys.copies[0], *place],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )


def until_written(vault: VaultServer, folder: str, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 100
    while len(vault.names(folder)) < 20:
        assert running.poll() is None and time.monotonic() < until
        time.sleep(0.02)


def ended(running: "subprocess.Popen[bytes]") -> tuple[Any, list[str]]:
    printed, _ = running.communicate(timeout=120)
    document = json.loads(printed)
    assert running.returncode == 1, document
    return document, [key["status"] for key in document["keys"]]


def test_what_ends_a_delivery_midway_is_said_and_the_next_goes_on(
    many: backup.Backup, tmp_path: Path
) -> None:
    with vault_server(tmp_path / "server") as server:
        login = by_token(server, server.token(tmp_path / "token"))
        ours = [copied(many, tmp_path / f"own-{i}") for i in range(4)]

        # The token is revoked, and named.
        short = server.token(tmp_path / "short")
        running = start(ours[0], "keys2/a", by_token(server, short))
        until_written(server, "keys2/a", running)
        server.revoke(short)
        document, words = ended(running)
        written = words.count("written")
        assert "not valid or has expired" in document["failure"]
        unknown = words.count("unknown")
        assert unknown <= 1, "it was written, and could not be read back"
        assert words[: written + unknown] == ["written"] * written + ["unknown"] * unknown
        assert set(words[written + unknown :]) == {"not_sent"}
        assert len(server.names("keys2/a")) == written + unknown
        written += unknown

        # Ctrl-C: the key on its way is finished.
        running = start(ours[0], "keys2/a", login)
        time.sleep(0.5)
        while len(server.names("keys2/a")) < written + 20:
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        document, words = ended(running)
        assert document["failure"] == "cancelled" and words.count("same") == written
        assert len(server.names("keys2/a")) == words.count("written") + written

        # Two at once, of one set: both find every key there.
        both = [start(keys, "keys2/b", login) for keys in ours[1:3]]
        for running in both:
            printed, _ = running.communicate(timeout=200)
            document = json.loads(printed)
            assert running.returncode == 0, document["failure"]
            assert document["verdicts"]["proven"] == 200

        # Killed: what was read back counts, and one is unknown.
        running = start(ours[3], "keys1/c", login)
        until_written(server, "keys1/c", running)
        server.kill()
        document, words = ended(running)
        written = words.count("written")
        assert server.url in document["failure"]
        assert words == ["written"] * written + ["unknown"] + ["not_sent"] * (199 - written)

        # Started again it is sealed, and nobody is asked for anything.
        server.start()
        assert failure(deliver(ours[3], "keys1/c", login)) == (4, "refused")
        server.unseal()
        there = server.names("keys1/c")
        assert written <= len(there) <= written + 1
        finished = deliver(ours[3], "keys1/c", login)
        assert finished.exit_code == 0, finished.stdout
        assert statuses(finished).count("same") == len(there)
        assert set(server.names("keys1/c")) == set(many.pubkeys)


def test_a_token_that_ends_while_keys_are_read_ends_the_command(
    many: backup.Backup,
    vault: VaultServer,
    place: str,
    token: list[str | Path],
    tmp_path: Path,
) -> None:
    own = copied(many, tmp_path / "own")
    assert deliver(own, place, token).exit_code == 0
    # Good for fifty requests.
    for line in (
        ["store", "check", f"vault:{place}", own.copies[0]],
        ["backup", "create", "--network", "hoodi", "--skip-bad", "--from", f"vault:{place}"]
        + ["--copy", tmp_path / "made"],
    ):
        few = by_token(vault, vault.token(tmp_path / "few", num_uses=50))
        refused = run(*line, *few, device="mock-ledger")
        assert failure(refused) == (4, "permission"), refused.stdout
        assert "token" in refused.json()["error"]["hint"]
    assert not (tmp_path / "made").exists()

    # A role's own is renewed in time, and replaced when it can be renewed no more.
    short = vault.role(tmp_path / "short", policy(place), token_ttl="1s", token_max_ttl="2s")
    checked = check(own, place, by_role(vault, short))
    assert checked.exit_code == 0, checked.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "vault.example"])
def test_it_is_trusted_by_the_given_authority_and_under_its_own_name_alone(
    keys: backup.Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    ours = authority("ours")
    with vault_server(tmp_path / "server", ours.vouch(tmp_path, host)) as server:
        login = by_token(server, server.token(tmp_path / "token"))
        ca = ["--ca", ours.write(tmp_path / "ca.pem")]
        other = ["--ca", authority("another").write(tmp_path / "other.pem")]
        for options in ([], other, *([ca] if host == "vault.example" else [])):
            refused = deliver(keys, "keys2/v", [*login, *options])
            assert failure(refused) == (4, "refused"), refused.stdout
            assert "not trusted" in refused.json()["error"]["message"]
            if options == ca:
                assert "another name" in refused.json()["error"]["hint"]
        assert server.secrets("keys2/v") == {}
        if host == "127.0.0.1":
            assert deliver(keys, "keys2/v", [*login, *ca]).exit_code == 0
            # Where nothing is named, the certificates count that the computer trusts.
            monkeypatch.setenv("SSL_CERT_FILE", str(ca[1]))
            assert check(keys, "keys2/v", login).exit_code == 0
        else:
            by_name = [*login, *ca, "--vault-server-name", host]
            assert deliver(keys, "keys2/v", by_name).exit_code == 0
            assert check(keys, "keys2/v", by_name).exit_code == 0
        assert set(server.secrets("keys2/v")) == set(keys.pubkeys)
