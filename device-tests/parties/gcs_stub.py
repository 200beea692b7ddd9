"""A stand-in for Google Cloud Storage's XML API, written from its documentation: no package holds a
server that knows its preconditions. It knows objects, their generations, and listings."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


TOKEN = "of-a-test"


class Objects:
    def __init__(self) -> None:
        self.there: dict[str, tuple[int, bytes]] = {}
        self.generation = 1000
        self.lock = threading.Lock()

    def put(self, name: str, body: bytes, wanted: int | None) -> int | None:
        """The new generation; None where the one that is there is another than `wanted` (0: none)."""
        with self.lock:
            if wanted is not None and self.there.get(name, (0, b""))[0] != wanted:
                return None
            self.generation += 1
            self.there[name] = (self.generation, body)
            return self.generation


@contextmanager
def served(bucket: str) -> Iterator[tuple[int, Objects]]:
    objects = Objects()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def respond(self, status: int, body: bytes = b"", generation: int | None = None) -> None:
            self.send_response(status)
            if generation is not None:
                self.send_header("x-goog-generation", str(generation))
                self.send_header("etag", f'"{hashlib.md5(body).hexdigest()}"')
                self.send_header("last-modified", self.date_time_string())
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def parse_request(self) -> bool:
            return super().parse_request() and self.knows_caller()

        def knows_caller(self) -> bool:
            known = self.headers.get("authorization") == f"Bearer {TOKEN}"
            if not known:
                self.respond(401)
            return known

        def target(self) -> tuple[str, str, Any]:
            url = urlsplit(self.path)
            bucket, _, name = unquote(url.path).lstrip("/").partition("/")
            return bucket, name, parse_qs(url.query)

        def do_PUT(self) -> None:
            _, name, _ = self.target()
            body = self.rfile.read(int(self.headers["content-length"]))
            wanted = self.headers.get("x-goog-if-generation-match")
            made = objects.put(name, body, None if wanted is None else int(wanted))
            self.respond(412) if made is None else self.respond(200, b"", made)

        def do_GET(self) -> None:
            asked, name, query = self.target()
            if asked != bucket:
                self.respond(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            elif not name:
                self.list(query)
            elif name in objects.there:
                generation, body = objects.there[name]
                self.respond(200, body, generation)
            else:
                self.respond(404, b"<Error><Code>NoSuchKey</Code></Error>")

        do_HEAD = do_GET

        def do_DELETE(self) -> None:
            _, name, _ = self.target()
            self.respond(204 if objects.there.pop(name, None) else 404)

        def list(self, query: Any) -> None:
            """In pages of five, so that whoever lists must ask on."""
            prefix = query.get("prefix", [""])[0]
            after = query.get("continuation-token", query.get("start-after", [""]))[0]
            names = sorted(n for n in objects.there if n.startswith(prefix) and n > after)
            page, more = names[:5], len(names) > 5
            rows = "".join(
                f"<Contents><Key>{escape(name)}</Key><Size>{len(objects.there[name][1])}</Size>"
                f"<LastModified>2026-11-21T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
                for name in page
            )
            token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
            self.respond(200, f"<ListBucketResult>{rows}{token}</ListBucketResult>".encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], objects
    finally:
        server.shutdown()
        server.server_close()
