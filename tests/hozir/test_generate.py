"""`hozir generate`: what is written is what the rules let in, and all of it arrives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import msgspec
import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.cli import main
from hozir.contract.codec import TICK, decode_change, decode_events, decode_message, encode
from hozir.contract.event import EventBatch
from hozir.contract.site import Site
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, MESSAGES, REPLIES, SITES
from hozir.generate import History
from hozir.supervisor import own

pytestmark = pytest.mark.slow

SMALL = ("--days", "2", "--visitors-per-day", "70", "--seed", "7")


def generate(
    data: Path, *arguments: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "hozir.cli", "generate", *arguments],
        env=os.environ | {"HOZIR_DATA": str(data)},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run `hozir generate` where it must refuse; return its one line."""

    def run(data: Path, *arguments: str) -> str:
        monkeypatch.setenv("HOZIR_DATA", str(data))
        assert main(["generate", *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, elsewhere = tmp_path_factory.mktemp("month"), tmp_path_factory.mktemp("elsewhere")
    for name in ("api", "hozir", "pipeline"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('this is somebody else')")
    done = generate(folder, *SMALL, cwd=elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def log(data: Path) -> Iterator[EmbeddedLog]:
    with closing(EmbeddedLog(data / "history" / "demo" / "log", fsync=False)) as log:
        yield log


@pytest.fixture(scope="module")
def batches(log: EmbeddedLog) -> list[tuple[int, EventBatch]]:
    """Everything that the log holds, with the moment of its arrival."""
    return [
        (record.at, decode_events(record.value))
        for partition in range(EVENTS.partitions)
        for record in log.read(EVENTS, partition, 0, 1_000_000)
        if record.value != TICK
    ]


@pytest.fixture
def warehouse(data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(data / "hozir.duckdb"), read_only=True) as connection:
        yield connection


def one(warehouse: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = warehouse.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def noted(data: Path) -> History:
    path = data / "history" / "demo" / "history.json"
    return msgspec.json.decode(path.read_bytes(), type=History)


def test_warehouse_holds_exactly_what_was_generated(
    batches: list[tuple[int, EventBatch]], warehouse: duckdb.DuckDBPyConnection, data: Path
) -> None:
    events = [event for _, batch in batches for event in batch.events]
    page_views = sum(event.kind == "page_view" for event in events)
    told = sum(event.kind in ("interaction", "custom", "identify") for event in events)
    sessions = len({batch.session_id for _, batch in batches})
    visitors = len({batch.visitor_id for _, batch in batches})
    assert sessions > 100
    assert one(
        warehouse,
        "SELECT count(*), count(DISTINCT visitor_id), sum(pages_viewed) FROM sessions",
    ) == (sessions, visitors, page_views)
    assert one(warehouse, "SELECT count(*) FROM page_views") == (page_views,)
    assert one(warehouse, "SELECT count(*) FROM events") == (told,)
    counts = noted(data).counts
    assert (counts.beacons, counts.page_views) == (len(batches), page_views)
    assert counts.visits + counts.bots == sessions


def test_nobody_is_left_there_at_the_end(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert one(warehouse, "SELECT count(*) FROM live_sessions") == (0,)
    assert one(warehouse, "SELECT count(*) FROM sessions WHERE presence <> 'offline'") == (0,)


def test_everything_passes_the_contract_and_nothing_is_set_aside(log: EmbeddedLog) -> None:
    for partition in range(CHANGES.partitions):
        for record in log.read(CHANGES, partition, 0, 1_000_000):
            decode_change(record.value)
    for topic in (MESSAGES, REPLIES):
        assert [decode_message(record.value) for record in log.read(topic, 0, 0, 1_000_000)]
    assert log.head(DEAD_LETTERS, 0) == 0


def test_arrivals_are_of_the_past_in_the_order_of_time(
    log: EmbeddedLog, batches: list[tuple[int, EventBatch]], data: Path
) -> None:
    plan = noted(data).plan
    assert all(plan.start <= at < plan.until for at, _ in batches)
    for partition in range(EVENTS.partitions):
        stamps = [record.at for record in log.read(EVENTS, partition, 0, 1_000_000)]
        assert stamps == sorted(stamps)
        assert stamps[-1] == plan.until


def test_bots_are_labelled_and_read_no_further_than_programs_do(
    warehouse: duckdb.DuckDBPyConnection, data: Path
) -> None:
    counts = noted(data).counts
    assert one(warehouse, "SELECT count(*) FROM sessions WHERE bot IS NOT NULL") == (counts.bots,)
    assert 0.03 < counts.bots / (counts.bots + counts.visits) < 0.1
    query = (
        "SELECT count(*) FROM page_views JOIN sessions USING (session_id)"
        " WHERE sessions.bot IS NOT NULL AND scroll > 0"
    )
    assert one(warehouse, query) == (0,)


def test_every_person_has_a_place_a_browser_and_a_source(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    query = (
        "SELECT count(*) FROM sessions WHERE bot IS NULL AND (country IS NULL OR browser IS NULL"
        " OR source IS NULL OR ip NOT LIKE '%.XX')"
    )
    assert one(warehouse, query) == (0,)


def test_conversations_are_stored_as_they_were_said(
    log: EmbeddedLog, warehouse: duckdb.DuckDBPyConnection
) -> None:
    said = [
        decode_message(record.value)
        for topic in (MESSAGES, REPLIES)
        for record in log.read(topic, 0, 0, 1_000_000)
    ]
    words = [message for message in said if message.kind == "message"]
    kept = one(warehouse, "SELECT count(*) FROM conversation_lines WHERE kind = 'message'")
    assert kept == (len(words),)
    # What the team wrote in a visit stands with the session that was concluded.
    query = "SELECT count(*) FROM sessions SEMI JOIN conversation_lines AS said USING (session_id)"
    contacted = {m.session_id for m in words if m.author == "agent" and m.session_id}
    assert one(warehouse, f"{query}")[0] >= len(contacted) > 0


def test_crash_before_loading_is_made_good_by_the_same_command(data: Path) -> None:
    history = noted(data)
    path = data / "history" / "demo" / "history.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(history, loaded=False)))
    done = generate(data, *SMALL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "going on" in done.stdout
    assert noted(data) == history
    with duckdb.connect(str(data / "hozir.duckdb"), read_only=True) as warehouse:
        counts = history.counts
        sessions = counts.visits + counts.bots
        assert one(warehouse, "SELECT count(*) FROM sessions") == (sessions,)
        assert one(warehouse, "SELECT count(*) FROM page_views") == (counts.page_views,)


def test_second_history_of_a_site_is_refused(data: Path, refused: Refused) -> None:
    assert "has a generated history already" in refused(data, *SMALL)


def test_running_system_is_told_to_stop_first(tmp_path: Path, refused: Refused) -> None:
    with own(tmp_path):
        line = refused(tmp_path, *SMALL)
    assert "another `hozir up` runs over" in line


def test_unknown_site_is_named(tmp_path: Path, refused: Refused) -> None:
    assert "there is no site nowhere" in refused(tmp_path, "--site", "nowhere")


def test_site_with_real_visitors_stays_as_it_is(tmp_path: Path, refused: Refused) -> None:
    with closing(EmbeddedLog(tmp_path / "log", fsync=False)) as log:
        shop = Site(site_key="shop", name="Shop", domains=["shop.example"])
        log.append(SITES, [(0, encode(shop))])
    line = refused(tmp_path, "--site", "shop")
    assert "for real visitors; --into-real-site overrules it" in line


def test_longer_history_than_the_site_keeps_is_refused(tmp_path: Path, refused: Refused) -> None:
    assert "keeps 90 days" in refused(tmp_path, "--days", "120")
