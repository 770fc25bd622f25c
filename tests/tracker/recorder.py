"""A small web server that serves pages and the script, and records the beacons it is sent."""

from __future__ import annotations

import json
import mimetypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hozir.contract.beacon import Beacon, ClaimedEvent
from hozir.contract.codec import decode_beacon
from tests.chromium import PATIENCE
from tracker.script import SCRIPT

DEMO = Path(__file__).resolve().parents[2] / "ingest" / "demo"


@dataclass
class Received:
    """One request to `/e/…`."""

    beacon: Beacon
    at: float
    """Seconds of the monotonic clock."""
    path: str
    headers: dict[str, str]
    status: int


@dataclass
class Answer:
    """What the next beacon is told."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    body: dict[str, Any] | None = None


class Recorder:
    """Pages to serve, answers to give, beacons received."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.page_headers: dict[str, str] = {}
        self.attributes = 'data-site="demo"'
        self.answers: list[Answer] = []
        self.otherwise = Answer()
        self.received: list[Received] = []
        self.broken: list[str] = []
        self._changed = threading.Condition(threading.RLock())
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                if path == "/h.js":
                    self._answer(200, SCRIPT.read_bytes(), {"Content-Type": "text/javascript"})
                elif path.startswith("/demo/"):
                    self._file(DEMO / path.removeprefix("/demo/"))
                elif path == "/favicon.ico":
                    self._answer(204, b"", {})
                else:
                    page = recorder.page(path).encode()
                    headers = {"Content-Type": "text/html; charset=utf-8"}
                    self._answer(200, page, headers | recorder.page_headers)

            def _file(self, file: Path) -> None:
                file = file / "index.html" if file.is_dir() else file
                if file.exists():
                    kind = mimetypes.guess_type(file.name)[0] or "text/plain"
                    self._answer(200, file.read_bytes(), {"Content-Type": kind})
                else:
                    self._answer(404, b"", {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = recorder.record(self.path, body, dict(self.headers))
                time.sleep(answer.delay)
                allow = {
                    "Access-Control-Allow-Origin": "*",
                    "Access-Control-Expose-Headers": "Retry-After",
                }
                body = b"" if answer.body is None else json.dumps(answer.body).encode()
                self._answer(answer.status, body, allow | answer.headers)

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the page that asked has gone

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def page(self, path: str) -> str:
        """Return the HTML of a page: the one set, or a tall one that loads the script."""
        body = self.pages.get(path, '<div style="height:3000px">tall</div>')
        return (
            f'<!doctype html><html><head><meta charset="utf-8"><title>Page {path}</title>'
            f'<script async src="{self.origin}/h.js" {self.attributes}></script>'
            f"</head><body>{body}</body></html>"
        )

    def record(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        with self._changed:
            answer = self.answers.pop(0) if self.answers else self.otherwise
            try:
                beacon = decode_beacon(body)
            except Exception as error:
                self.broken.append(f"{error}: {body!r}")
            else:
                names = {name.lower(): value for name, value in headers.items()}
                self.received.append(Received(beacon, time.monotonic(), path, names, answer.status))
            self._changed.notify_all()
        return answer

    def beacons(self) -> list[Beacon]:
        """Every beacon, the refused ones too."""
        with self._changed:
            return [received.beacon for received in self.received]

    def events(self, kind: str | None = None) -> list[ClaimedEvent]:
        """Every event, in order of arrival."""
        found = [event for beacon in self.beacons() for event in beacon.events]
        return [event for event in found if kind in (None, event.kind)]

    def wait_until(self, holds: Callable[[], object], timeout: float = PATIENCE / 1000) -> None:
        """Wait for a beacon that makes `holds` true."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not holds():
                left = deadline - time.monotonic()
                assert left > 0, f"did not come; there are {self.received} and {self.broken}"
                self._changed.wait(left)

    def wait_for(
        self, kind: str, count: int = 1, timeout: float = PATIENCE / 1000
    ) -> list[ClaimedEvent]:
        """Wait for `count` events of a kind; return all there are of it."""
        self.wait_until(lambda: len(self.events(kind)) >= count, timeout)
        return self.events(kind)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
