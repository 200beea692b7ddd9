"""A real MinIO that is killed and comes back, answers that are lost on their way, and several writers at once."""

import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import cloud_servers as servers
from command import BINARY, done, environment, run
from failing_proxy import Proxy
from minio_server import Bucket, MinioServer, files, minio_server

CREATE = ["validator", "create", "--network", "hoodi", "--count", "2"]
DEVICE = "mock-ledger"
LOCK = "validators/stockade/lock.json"
# Longer than a connection takes to be refused a few times, and than the server takes to start.
DOWN = 2.0


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(scope="module")
def line(minio: MinioServer) -> Iterator[Proxy]:
    """What lies between the command and the server."""
    proxy = Proxy(minio.port)
    with servers.environment(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{proxy.port}"):
        yield proxy
    proxy.close()


class Writer:
    """Copies in a bucket of its own and on a stick, and how many puts a create there makes."""

    def __init__(self, minio: MinioServer, line: Proxy, stick: Path) -> None:
        self.minio, self.line, self.stick = minio, line, stick
        self.bucket = Bucket(minio, f"b{servers.free_port()}")
        self.both = [self.bucket.copy, str(stick)]
        self.named = [argument for copy in self.both for argument in ("--copy", copy)]
        line.reset()

    def create(self) -> Any:
        return done(*CREATE, *self.named, device=DEVICE)

    def puts_of_create(self) -> int:
        self.line.reset()
        self.create()
        return self.line.puts

    def at_put(self, number: int, act: Any) -> None:
        """Has something happen before the request number `number` that changes something."""
        self.line.reset()
        happened: list[str] = []

        def meddle(method: str, path: str, puts: int) -> None:
            if puts >= number and not happened:
                happened.append(path)
                act()

        self.line.meddle = meddle

    def lose_answers(self, which: int) -> list[str]:
        """Loses the answer to every second request that changes something: the odd ones for 1, the even
        ones for 0. Returns what they were about."""
        self.line.reset()
        lost: list[str] = []

        def spoil(method: str, path: str, body: bytes) -> bytes:
            if method in ("PUT", "DELETE") and self.line.puts % 2 == which:
                lost.append(path)
                raise ConnectionAbortedError
            return body

        self.line.spoil = spoil
        return lost

    def is_whole(self) -> None:
        """Both copies hold the same, nobody holds the lease, and every set opens."""
        self.line.reset()
        in_bucket, on_stick = self.bucket.files(), files(self.stick)
        assert sorted(in_bucket) == sorted(on_stick)
        assert in_bucket == on_stick
        assert b'"holder":null' in self.bucket.read(LOCK)
        drilled = done("backup", "drill", *self.both, device=DEVICE)["verdicts"]
        assert drilled["proven"] > 0 and drilled["contradicted"] == drilled["inconclusive"] == 0


@pytest.fixture
def writer(minio: MinioServer, line: Proxy, tmp_path: Path) -> Iterator[Writer]:
    yield Writer(minio, line, tmp_path / "stick")
    line.reset()
    minio.await_back()


@pytest.mark.parametrize("moment", ["first", "middle", "closing", "last"])
def test_a_create_waits_for_a_server_that_restarts(
    minio: MinioServer, writer: Writer, moment: str
) -> None:
    puts = writer.puts_of_create()
    number = {"first": 1, "middle": puts // 2, "closing": puts - 2, "last": puts}[moment]
    writer.at_put(number, lambda: minio.restart(DOWN))
    made = writer.create()
    assert minio.back and made["ok"]
    minio.await_back()
    writer.is_whole()


@pytest.mark.parametrize("command", ["repair", "reseal", "retire"])
def test_what_mends_and_replaces_waits_for_a_server_that_restarts(
    minio: MinioServer, writer: Writer, command: str
) -> None:
    set_id = writer.create()["set_id"]
    custodian = ["--custodian", writer.stick / "stockade" / set_id]
    reseal = ["backup", "reseal", *writer.both, "--set", set_id, *custodian]
    commands: dict[str, list[str | Path]] = {
        "repair": ["backup", "repair", *writer.both],
        "reseal": reseal,
    }
    if command == "repair":
        for path in sorted(writer.bucket.files())[:6]:
            writer.bucket.delete(f"validators/stockade/{path}")
    if command == "retire":
        new = done(*reseal, device=DEVICE)["set_id"]
        commands["retire"] = ["backup", "retire", *writer.both, "--set", set_id, "--by", new]
    before = files(writer.stick)
    writer.at_put(4, lambda: minio.restart(DOWN))
    done(*commands[command], device=DEVICE)
    assert minio.back
    minio.await_back()
    writer.is_whole()
    if command != "retire":
        assert before.items() <= files(writer.stick).items()


@pytest.mark.parametrize("moment", ["early", "middle", "closing"])
def test_a_writer_that_dies_with_the_server_leaves_no_half_set_that_counts(
    minio: MinioServer, writer: Writer, moment: str
) -> None:
    first = writer.create()["set_id"]
    puts = writer.puts_of_create()
    number = {"early": 3, "middle": puts // 2, "closing": puts - 2}[moment]
    before = files(writer.stick)
    dead = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def die() -> None:
        running[0].kill()
        minio.kill()
        dead.set()

    writer.at_put(number, die)
    with subprocess.Popen(
        [BINARY, "--json", "--device", DEVICE, *CREATE, *writer.named],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as process:
        running.append(process)
        assert dead.wait(60)
        process.wait()
    minio.start()
    writer.line.reset()
    assert before.items() <= files(writer.stick).items()
    # Nobody runs, so its lease is removed, as the guide says.
    busy = run(*CREATE, *writer.named, device=DEVICE)
    assert (busy.exit_code, busy.json()["error"]["kind"]) == (4, "busy")
    assert "lock.json" in busy.json()["error"]["message"], busy.stdout
    writer.bucket.delete(LOCK)
    scrubbed = run("backup", "scrub", writer.bucket.copy, device=DEVICE)
    whole = sets(scrubbed.json(), "proven")
    assert first in whole and len(whole) == 2, scrubbed.stdout
    made = writer.create()["set_id"]
    run("backup", "repair", *writer.both, device=DEVICE)
    drilled = run("backup", "drill", *writer.both, device=DEVICE).json()
    assert whole | {made} <= sets(drilled, "proven"), drilled
    assert not (whole | {made}) & (sets(drilled, "contradicted") | sets(drilled, "inconclusive"))


def sets(document: Any, verdict: str) -> set[str]:
    """The sets that have keys of this verdict."""
    return {key["file"].split("/")[0] for key in document["keys"] if key["verdict"] == verdict}


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("kind", ["set", "attestation", "sealed exit", "history", "retirement"])
def test_a_lost_answer_keeps_nothing_out_of_a_copy(
    writer: Writer, kind: str, which: int, tmp_path: Path
) -> None:
    made = writer.create()
    pubkeys, set_id = [key["pubkey"] for key in made["keys"]], made["set_id"]
    command: list[str | Path] = [*CREATE, *writer.named]
    if kind == "attestation":
        command = ["attest", "create", *writer.named]
    if kind == "sealed exit":
        command = ["exit", "create", *writer.named, "--pubkey", pubkeys[0], "--seal"]
        command += ["--validator-index", "7"]
    if kind == "history":
        history = tmp_path / "history.json"
        history.write_text(json.dumps(interchange(pubkeys)))
        command = ["backup", "restore", *writer.both, "--layout", "plain"]
        command += ["--to", tmp_path / "restored", "--history", history]
    if kind == "retirement":
        custodian = ["--custodian", writer.stick / "stockade" / set_id]
        reseal = ["backup", "reseal", *writer.both, "--set", set_id, *custodian]
        new = done(*reseal, device=DEVICE)["set_id"]
        command = ["backup", "retire", *writer.both, "--set", set_id, "--by", new]
    lost = writer.lose_answers(which)
    document = done(*command, device=DEVICE)
    assert len(lost) > 1
    if kind == "history":
        assert document["history_kept"], document
    writer.is_whole()


def interchange(pubkeys: list[str]) -> Any:
    root = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f"
    attested = [{"source_epoch": "1", "target_epoch": "10"}]
    return {
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": root},
        "data": [
            {"pubkey": pubkey, "signed_blocks": [], "signed_attestations": attested}
            for pubkey in pubkeys
        ],
    }


def test_of_several_writers_at_once_no_two_make_the_same_key(writer: Writer) -> None:
    writer.create()
    paths: list[str] = []
    for _ in range(2):
        with ThreadPoolExecutor(3) as pool:
            create = [*CREATE, "--copy", writer.bucket.copy]
            runs = list(pool.map(lambda _: run(*create, device=DEVICE), range(3)))
        lost = [result.json()["error"]["kind"] for result in runs if result.exit_code != 0]
        assert set(lost) <= {"busy"} and len(lost) < 3, [result.stdout for result in runs]
        won = [result.json() for result in runs if result.exit_code == 0]
        paths += [key["path"] for made in won for key in made["keys"]]
    assert len(paths) == len(set(paths))
    assert b'"holder":null' in writer.bucket.read(LOCK)
    scrubbed = done("backup", "scrub", writer.bucket.copy, device=DEVICE)
    assert scrubbed["verdicts"]["proven"] == 2 + len(paths)


def test_a_token_that_ends_in_the_middle_of_a_scrub_leaves_nothing_settled(writer: Writer) -> None:
    writer.create()
    ended = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
    scrub = ["backup", "scrub", writer.bucket.copy]
    writer.line.reset()
    done(*scrub, device=DEVICE)
    requests = len(writer.line.log)
    for number in range(1, requests + 1):
        writer.line.reset()
        log = writer.line.log
        writer.line.meddle = lambda method, path, puts, number=number, log=log: (
            (400, ended) if len(log) >= number else None
        )
        scrubbed = run(*scrub, device=DEVICE)
        document = scrubbed.json()
        if "error" in document:
            told = (scrubbed.exit_code, document["error"]["kind"])
            assert told == (4, "permission"), (number, scrubbed.stdout)
        else:
            assert scrubbed.exit_code == 1, (number, scrubbed.stdout)
            assert document["verdicts"]["contradicted"] == 0, (number, scrubbed.stdout)
