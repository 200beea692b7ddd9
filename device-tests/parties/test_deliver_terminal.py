"""What a delivery asks a person about the client: its name, where an address may be any client's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from backup import Backup, forget
from terminal import converse

NAME = "What do you call it"
PLAN = "Deliver these keys? (yes or no)"


class Client(BaseHTTPRequestHandler):
    """Lists every key that it is sent, and removes none."""

    keys: list[str]

    def do_GET(self) -> None:
        rows = [{"validating_pubkey": f"0x{key}"} for key in self.keys]
        self.answer({"data": rows if self.path.endswith("keystores") else []})

    def do_POST(self) -> None:
        sent = [json.loads(keystore)["pubkey"] for keystore in self.body()["keystores"]]
        self.keys.extend(sent)
        self.answer({"data": [{"status": "imported"} for _ in sent]})

    def do_DELETE(self) -> None:
        statuses = [{"status": "not_found"} for _ in self.body()["pubkeys"]]
        self.answer({"data": statuses, "slashing_protection": '{"metadata":{},"data":[]}'})

    def body(self) -> dict[str, list[str]]:
        read: dict[str, list[str]] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return read

    def answer(self, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Not among what the terminal shows."""


@pytest.fixture
def client() -> Iterator[str]:
    handler = type("Own", (Client,), {"keys": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def deliver(
    hoodi: Backup, client: str, token: Path, option: str, *answers: tuple[str, str]
) -> tuple[int, str]:
    token.write_text("api-token")
    options = ["--url", client, "--token-file", str(token), "--not-running", "--never-attested"]
    more = [*options, "--no-note", *option.split(), "--device", "mock-ledger"]
    return converse("deliver", "keymanager", *hoodi.copies, *more, answers=list(answers))


def names(hoodi: Backup) -> set[str | None]:
    """What the entries of the first copy call their locations."""
    folder = hoodi.copies[0] / "stockade/whereabouts" / hoodi.created["set_id"]
    entries = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    return {entry["location"].get("name") for entry in entries}


def test_a_client_behind_an_address_of_many_is_asked_for_its_name(
    hoodi: Backup, client: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    code, seen = deliver(hoodi, client, token, "", (NAME, "teku-1"), (PLAN, "no"))
    assert code == 5, seen
    assert "later commands ask about it again" in seen.replace("\r\n", " ")
    assert seen.index(NAME) < seen.index(PLAN)
    try:
        code, seen = deliver(hoodi, client, token, "", (NAME, "teku-1"), (PLAN, "yes"))
        assert code == 0 and names(hoodi) == {"teku-1"}, seen
        # Whoever answers with a name of the record means that client.
        code, seen = deliver(hoodi, client, token, "", (NAME, "teku-1"), (PLAN, "yes"))
        assert code == 0 and "so far: teku-1." in seen, seen
        # With the option nobody is asked.
        code, seen = deliver(hoodi, client, token, "--as teku-1", (PLAN, "yes"))
        assert code == 0 and NAME not in seen, seen
    finally:
        forget(hoodi.copies)


def test_a_client_that_the_record_knows_is_not_asked_for_its_name(
    hoodi: Backup, client: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    try:
        code, seen = deliver(hoodi, client, token, "", (NAME, ""), (PLAN, "yes"))
        assert code == 0 and names(hoodi) == {None}, seen
        code, seen = deliver(hoodi, client, token, "", (PLAN, "yes"))
        assert code == 0 and NAME not in seen, seen
    finally:
        forget(hoodi.copies)
