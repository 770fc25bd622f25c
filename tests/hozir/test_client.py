"""`hozir.connect`: frames of a running system, with nothing of the server installed."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import polars as pl
import pytest

import hozir
from hozir.settings import Settings
from tests.api.conftest import PASSWORD
from tests.api.serving import Served, served

SERVERS = {
    *("fastapi", "starlette", "uvicorn", "duckdb", "streamlit", "bytewax", "sqlalchemy"),
    *("alembic", "kafka", "pyarrow", "msgspec", "pydantic", "pandas", "argon2", "pydeck"),
}
"""What the client must do without."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = dataclasses.replace(
        Settings(),
        data=tmp_path_factory.mktemp("client"),
        admin_password=PASSWORD,
        fsync=False,
        api_rate=0,
        sql_rows=50_000,
    )
    with served(settings, 60_000) as running:
        yield running


@pytest.fixture(scope="module")
def desk(web: Served) -> Iterator[hozir.Desk]:
    with hozir.connect(web.url, web.token()) as desk_:
        yield desk_


def test_rows_come_as_a_frame(desk: hozir.Desk) -> None:
    found = desk.sql(
        "SELECT url, count(*) AS n FROM visitor_page_views WHERE number <= ? "
        'AND "timestamp" > ? GROUP BY url ORDER BY url',
        [5, datetime(2026, 1, 1)],
        site="demo",
    )
    assert isinstance(found, pl.DataFrame)
    assert found.height == 100
    assert found["n"].sum() == 60_000
    assert desk.sql("SELECT $a AS a", {"a": "x"}).item() == "x"


def test_every_common_type_can_be_read(desk: hozir.Desk) -> None:
    found = desk.sql(
        "SELECT 1 AS i, 1.5::DOUBLE AS d, true AS b, 'x' AS t, now()::TIMESTAMP AS at, "
        "today() AS day, INTERVAL 90 SECOND AS long, [1, 2] AS many, {'a': 1} AS s, sum(1) AS h, "
        "'a'::ENUM ('a', 'b') AS e, NULL AS n, 1.25::DECIMAL(9, 2) AS m, 1 AS i, now() AS z"
    )
    row = found.row(0, named=True)
    assert (row["i"], row["t"], row["many"], row["s"], row["e"]) == (1, "x", [1, 2], {"a": 1}, "a")
    assert row["long"].total_seconds() == 90


def test_views_are_listed(desk: hozir.Desk) -> None:
    found = desk.tables()
    assert found.columns == ["view", "column", "type", "meaning"]
    assert "visitor_sessions" in found["view"].to_list()


def test_what_goes_wrong_is_one_exception_with_a_reason(desk: hozir.Desk, web: Served) -> None:
    stranger = hozir.connect(web.url, "hz_wrong")
    nowhere = hozir.connect("http://127.0.0.1:1", "hz_x")
    for ask, reason in (
        (lambda: desk.sql("DROP TABLE presence"), "sql_refused"),
        (lambda: desk.sql("SELECT nothing"), "sql_failed"),
        (lambda: desk.sql("SELECT 1", site="none"), "unknown_site"),
        (lambda: desk.sql("FROM visitor_page_views"), "too_many_rows"),
        (lambda: desk.report("nothing_like_it", site="demo"), "unknown_report"),
        (lambda: stranger.sql("SELECT 1"), "signed_out"),
        (lambda: nowhere.sql("SELECT 1"), "unreachable"),
    ):
        with pytest.raises(hozir.Problem) as problem:
            ask()
        assert problem.value.reason == reason
        assert problem.value.message
    stranger.close()
    nowhere.close()


def test_a_token_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOZIR_TOKEN", raising=False)
    with pytest.raises(hozir.Problem):
        hozir.connect()


ALONE = """
import sys
sys.modules |= dict.fromkeys({servers!r})  # as if they were not installed
import hozir
assert "polars" not in sys.modules and "httpx" not in sys.modules
desk = hozir.connect({url!r}, {token!r})
found = desk.sql("SELECT count(*) AS n FROM visitor_page_views")
assert found["n"][0] == 60000, found
assert desk.tables().height > 50
print(type(found).__module__)
"""


def test_the_client_needs_nothing_of_the_server(web: Served) -> None:
    script = ALONE.format(servers=SERVERS, url=web.url, token=web.token())
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("polars")
