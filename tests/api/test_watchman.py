"""Alerts leave the house: over real HTTP and real SMTP, once, and not lost when nobody listens."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.alert_outlet import outlets
from api.watchman import Watchman, watched
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.errors import Misconfigured
from hozir.contract.topics import DEAD_LETTERS
from hozir.health import Health
from hozir.settings import Settings
from tests.api.conftest import eventually
from tests.api.test_process import a_process
from tests.mail_server import mail_server
from tests.ports import free_port

WELL = Health(True, True, "")
BEHIND = Health(True, False, "behind")


class Hook(ThreadingHTTPServer):
    """A webhook, or the `/healthz` of a process: keeps what is posted, answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.posted: list[dict[str, Any]] = []
        self.status = 200
        self.reason = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.posted.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps({"reason": self.server.reason}).encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook() -> Iterator[Hook]:
    with Hook() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def watchman(tmp_path: Path, log: EmbeddedLog, **settings: Any) -> Watchman:
    found = Settings(data=tmp_path, alert_disk_bytes=0, ingest_port=0, pipeline_port=0)
    found = replace(found, **settings)
    return Watchman(found, log, lambda: 0, lambda: WELL, outlets(found))


def test_lag_is_posted_once_and_again_when_it_is_well(tmp_path: Path, log: EmbeddedLog) -> None:
    with hook() as there:
        man = watchman(tmp_path, log, alert_webhook=there.url)
        for now in range(0, 300, 15):
            man.work(45_000, WELL, now)
        for now in range(300, 600, 15):
            man.work(200, WELL, now)
    assert [(one["kind"], one["subject"]) for one in there.posted] == [
        ("alert", "lag"),
        ("well", "lag"),
    ]
    assert there.posted[0]["text"] == (
        "Alert: lag: screens and tables are 45.0 s behind; the limit is 30 s"
    )
    assert there.posted[0]["at"] == "1970-01-01T00:02:00Z"


def test_full_disk_is_mailed(tmp_path: Path, log: EmbeddedLog) -> None:
    with mail_server() as there:
        man = watchman(
            tmp_path,
            log,
            alert_disk_bytes=2**62,
            alert_mail_to="one@x.example, two@x.example",
            alert_mail_server=there.address,
        )
        man.work(0, WELL, 0)
        assert there.mails == []
        man.work(0, WELL, 120)
    (mail,) = there.mails
    assert mail["Subject"] == "Hozir: Alert: disk"
    assert mail["To"] == "one@x.example, two@x.example"
    assert "MB free; the limit is" in mail.get_content()


def test_dead_letters_of_the_last_hour_are_told(tmp_path: Path, log: EmbeddedLog) -> None:
    with hook() as there:
        man = watchman(tmp_path, log, alert_webhook=there.url)
        man.work(0, WELL, 0)
        log.append(DEAD_LETTERS, [(0, b"{}"), (0, b"{}")])
        for now in range(15, 4_000, 15):
            man.work(0, WELL, now)
    assert [one["kind"] for one in there.posted] == ["alert", "well"]
    assert there.posted[0]["detail"] == "2 records set aside within an hour; the limit is 0"


def test_processes_that_are_not_ready_are_told_with_their_reason(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/healthz"
    with hook() as there, hook() as process:
        process.status, process.reason = 503, "log_away"
        names = f"{process.url}, {nobody}"
        man = watchman(tmp_path, log, alert_webhook=there.url, alert_watch=names)
        man.work(0, BEHIND, 0)
        man.work(0, BEHIND, 120)
    assert {one["subject"]: one["detail"] for one in there.posted} == {
        "web": "behind",
        process.url: "log_away",
        nobody: "no answer",
    }


def test_what_nobody_took_is_told_later_and_by_the_other_way_at_once(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    with hook() as there, mail_server() as post:
        there.status = 500
        man = watchman(
            tmp_path,
            log,
            alert_webhook=there.url,
            alert_mail_to="one@x.example",
            alert_mail_server=post.address,
        )
        man.work(0, BEHIND, 0)
        man.work(0, BEHIND, 120)
        man.work(0, BEHIND, 135)
        assert (len(there.posted), len(post.mails)) == (0, 1)
        there.status = 200
        man.work(0, BEHIND, 150)
        man.work(0, BEHIND, 165)
    assert (len(there.posted), len(post.mails)) == (1, 1)


def test_mail_that_must_be_encrypted_is_not_sent_in_the_clear(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    with mail_server() as there:
        man = watchman(
            tmp_path,
            log,
            alert_mail_to="one@x.example",
            alert_mail_server=there.address,
            alert_mail_starttls=True,
        )
        man.work(0, BEHIND, 0)
        man.work(0, BEHIND, 120)
    assert there.mails == []


@pytest.mark.slow
def test_web_itself_tells(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/healthz"
    told = {"HOZIR_ALERT_AFTER": "0", "HOZIR_ALERT_WATCH": nobody}
    with hook() as there, a_process(tmp_path, free_port(), HOZIR_ALERT_WEBHOOK=there.url, **told):
        eventually(lambda: nobody in [one["subject"] for one in there.posted], 60)


def test_processes_of_this_machine_are_watched_unless_others_are_named() -> None:
    assert list(watched(Settings())) == ["ingest", "pipeline"]
    assert list(watched(Settings(bus="kafka://a:9092"))) == ["ingest", "pipeline", "forward"]
    assert list(watched(Settings(alert_watch="http://a/healthz"))) == ["http://a/healthz"]


def test_mail_server_without_a_port_is_named() -> None:
    with pytest.raises(Misconfigured, match="HOZIR_ALERT_MAIL_SERVER"):
        outlets(Settings(alert_mail_to="one@x.example", alert_mail_server="somewhere"))


def test_nobody_is_told_where_nothing_is_set() -> None:
    assert outlets(Settings()) == []
