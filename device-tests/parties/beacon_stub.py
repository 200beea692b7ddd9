"""As much of a beacon node as a validator client needs to start and to wait: a chain, its clock, and
no validator that is active on it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEPOLIA = {
    "genesis_time": "1655733600",
    "genesis_validators_root": "0xd8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078",
    "genesis_fork_version": "0x90000069",
}
ROOT = "0x" + "00" * 32

ANSWERS = {
    "/eth/v1/beacon/genesis": {"data": SEPOLIA},
    # What it leaves out, a client does not compare.
    "/eth/v1/config/spec": {"data": {"CONFIG_NAME": "sepolia", "SECONDS_PER_SLOT": "12"}},
    "/eth/v1/node/version": {"data": {"version": "stub/1"}},
    "/eth/v1/node/syncing": {
        "data": {"head_slot": "1", "sync_distance": "0", "is_syncing": False, "is_optimistic": False}
    },
    "/eth/v1/beacon/states/head/validators": {"data": [], "execution_optimistic": False},
}


class Handler(BaseHTTPRequestHandler):
    """Answers what it knows; duties are for nobody."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        duties = {"data": [], "dependent_root": ROOT, "execution_optimistic": False}
        answer = duties if path.startswith("/eth/v1/validator/duties/") else ANSWERS.get(path)
        self.answer(404 if answer is None else 200, answer or {"code": 404, "message": "not here"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def beacon_node() -> Iterator[str]:
    """Serves as long as it is needed; gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
