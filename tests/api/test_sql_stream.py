"""Statements over a real port: bounds, who goes away, and who waits."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hozir.settings import Settings
from tests.api.conftest import PASSWORD, eventually
from tests.api.serving import Served, served
from warehouse.sql import HELPERS_NICE

ENDLESS = "SELECT sum(a.i * b.i) FROM range(10000000) AS a (i), range(1000000) AS b (i)"
MANY = "SELECT * FROM visitor_page_views"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = dataclasses.replace(
        Settings(),
        data=tmp_path_factory.mktemp("sql"),
        admin_password=PASSWORD,
        fsync=False,
        api_rate=0,
        sql_seconds=1.5,
        sql_rows=150_000,
        sql_at_once=2,
    )
    with served(settings, 200_000) as running:
        yield running


@pytest.fixture(scope="module")
def ask(web: Served) -> Iterator[httpx.Client]:
    head = {"Authorization": f"Bearer {web.token()}"}
    with httpx.Client(base_url=f"{web.url}/api/v1/", headers=head, timeout=20) as client:
        yield client


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


def free(web: Served) -> bool:
    return not web.house.statements.running


def test_what_takes_too_long_is_ended(web: Served, ask: httpx.Client) -> None:
    began = time.monotonic()
    assert refused(ask.post("sql", json={"sql": ENDLESS})) == (400, "too_slow")
    assert time.monotonic() - began < 6
    eventually(lambda: free(web))


def test_too_many_rows_end_the_stream_before_its_last_piece(ask: httpx.Client) -> None:
    held = bytearray()

    def read(answer: httpx.Response) -> None:
        for piece in answer.iter_bytes():
            held.extend(piece)

    with ask.stream("POST", "sql", json={"sql": MANY}) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            read(answer)
    assert b'{"error":{"reason":"too_many_rows"' in held[-300:]


def test_who_goes_away_ends_the_statement(web: Served, ask: httpx.Client) -> None:
    with pytest.raises(httpx.ReadTimeout):
        ask.post("sql", json={"sql": ENDLESS}, timeout=0.3)
    eventually(lambda: free(web), 1.2)


def test_who_does_not_read_is_given_up(web: Served, ask: httpx.Client) -> None:
    wide = "SELECT repeat('x', 5000) AS t FROM visitor_page_views LIMIT 100000"
    with ask.stream("POST", "sql", json={"sql": wide}) as answer:
        assert answer.status_code == 200
        eventually(lambda: free(web), 6)


def test_others_wait_for_their_turn_and_live_answers_do_not(web: Served, ask: httpx.Client) -> None:
    answers: list[tuple[int, str]] = []

    def heavy() -> None:
        answers.append(
            refused(
                httpx.post(
                    f"{web.url}/api/v1/sql", headers=ask.headers, json={"sql": ENDLESS}, timeout=20
                )
            )
        )

    threads = [threading.Thread(target=heavy) for _ in range(3)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(web.house.statements.running) == 2)
    began = time.monotonic()
    assert ask.get("visitors/counts", params={"site": "demo"}).status_code == 200
    assert time.monotonic() - began < 1
    assert len(web.house.statements.running) <= 2
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} <= {400, 429}
    assert {reason for _, reason in answers} <= {"too_slow", "busy"}
    eventually(lambda: free(web))


def test_the_process_ends_while_a_statement_runs(tmp_path: Path) -> None:
    settings = dataclasses.replace(
        Settings(), data=tmp_path, admin_password=PASSWORD, fsync=False, sql_seconds=60.0
    )
    with served(settings, 10) as web:
        head = {"Authorization": f"Bearer {web.token()}"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{web.url}/api/v1/sql", headers=head, json={"sql": ENDLESS}, timeout=0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 10


def test_a_statement_that_makes_the_process_large_is_ended(tmp_path: Path) -> None:
    """Values on their way are not counted by the database; what the process holds is."""
    settings = dataclasses.replace(
        Settings(), data=tmp_path, admin_password=PASSWORD, fsync=False, sql_memory=256_000_000
    )
    large = "SELECT sum(length(repeat('x', 400000 + i))) FROM range(200000) AS a (i)"
    with served(settings, 10) as web:
        head = {"Authorization": f"Bearer {web.token()}"}
        answer = httpx.post(f"{web.url}/api/v1/sql", headers=head, json={"sql": large}, timeout=30)
        assert refused(answer) == (400, "too_much_memory")
        eventually(lambda: free(web))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no priorities of threads")
def test_threads_that_help_leave_the_processor_to_live_work(web: Served) -> None:
    tasks = [int(one) for one in os.listdir("/proc/self/task")]
    priorities = [os.getpriority(os.PRIO_PROCESS, task) for task in tasks]
    [(threads,)] = web.house.warehouse.cursor().sql("SELECT current_setting('threads')").fetchall()
    assert priorities.count(HELPERS_NICE) >= threads - 1
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < HELPERS_NICE
