"""Forgetting, on a real file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.accounts import Accounts, Audit, Erasure, SiteRow
from api.erased import Erased
from api.facts import NOTHING
from api.retention import DAY_MS, wishes
from hozir.cli import main
from hozir.contract.change import Change
from hozir.contract.codec import decode_events
from hozir.contract.topics import EVENTS
from tests.api.conftest import Running, eventually, tell
from tests.api.test_rest import get, now_ms
from tests.conversing import from_visitor, reply
from tests.factories import Visit, an_id
from warehouse.connection import Connection, open_warehouse
from warehouse.conversation_reads import counts
from warehouse.retention import count_older, erase_visitor, forget_older
from warehouse.soft_delete import TABLES, bring_back, count_put_away, purge
from warehouse.writer import Writer

ROWS = 40_000
START = 1_700_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, Connection]]:
    path = tmp_path / "w.duckdb"
    with open_warehouse(path) as connection:
        yield path, connection


def fill(connection: Connection, site: str, start_ms: int) -> None:
    """Write four days of events, oldest first."""
    connection.execute(
        "INSERT INTO events BY NAME SELECT ? AS site_key, 'v' || i AS visitor_id, "
        "'s' || i AS session_id, make_timestamp_ms(?::BIGINT + i * ?::BIGINT) AS happened_at, "
        "'custom' AS kind, md5(i::VARCHAR) AS name, md5((i + 1)::VARCHAR) AS target "
        f"FROM range({ROWS}) AS r(i)",
        [site, start_ms, 4 * DAY_MS // ROWS],
    )


def count(connection: Connection, table: str, where: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()
    return int(row[0]) if row else 0


def test_what_is_too_old_goes_and_its_room_is_used_again(file: tuple[Path, Connection]) -> None:
    path, connection = file
    fill(connection, "demo", START)
    fill(connection, "shop", START)
    sizes = []
    for round_ in range(4):
        cut = START + (round_ * 4 + 3) * DAY_MS
        assert forget_older(connection, "demo", cut).rows == {
            "events": ROWS if round_ else ROWS * 3 // 4
        }
        assert count(connection, "events", "site_key = 'demo'") == ROWS // 4
        assert count(connection, "events", "site_key = 'shop'") == ROWS
        fill(connection, "demo", START + (round_ + 1) * 4 * DAY_MS)
        connection.execute("CHECKPOINT")
        sizes.append(path.stat().st_size)
    assert sizes[3] < sizes[1] * 1.2
    assert not forget_older(connection, "demo", START)


def visit(number: int, started_at: int, *, ended: bool = True) -> list[Change]:
    one = Visit(number, started_at=started_at)
    one.opens()
    one.reads("/pricing")
    if ended:
        one.ends()
    return one.changes


def test_old_visits_go_whole_and_new_ones_stay(file: tuple[Path, Connection]) -> None:
    _, connection = file
    Writer(connection).apply([*visit(1, START), *visit(2, START + 10 * DAY_MS)], {})
    gone = forget_older(connection, "demo", START + 5 * DAY_MS)
    assert set(gone.rows) >= {"sessions", "page_views", "presence"}
    for table in ("sessions", "page_views", "presence"):
        seen = connection.execute(f"SELECT DISTINCT visitor_id FROM {table}").fetchall()
        assert seen == [(an_id("v", 2),)], table


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 9), st.booleans(), st.booleans()), max_size=8
    ),
    st.integers(0, 22),
)
@settings(max_examples=25, deadline=None)
def test_what_is_told_ahead_is_what_goes(
    visits: list[tuple[int, int, bool, bool]], cut: int
) -> None:
    with open_warehouse(None) as connection:
        for number, (day, visitor, ended, proven) in enumerate(visits):
            one = Visit(number, visitor=visitor, started_at=START + day * DAY_MS)
            one.opens()
            if ended:
                one.ends()
            Writer(connection).apply(one.changes, {})
            if proven:
                connection.execute(
                    "INSERT INTO verified_visitors SELECT 'demo', $id, 'e', 'p', $at, $at "
                    "WHERE $id NOT IN (SELECT visitor_id FROM verified_visitors)",
                    {"id": an_id("v", visitor), "at": moment(day)},
                )
        before = START + cut * DAY_MS
        stands = everything(connection)
        told = count_older(connection, "demo", before)
        assert everything(connection) == stands
        assert told == forget_older(connection, "demo", before).rows
        assert count_older(connection, "demo", before) == {}


def moment(day: int) -> datetime:
    return datetime.fromtimestamp(START / 1000 + day * 86_400, UTC).replace(tzinfo=None)


def test_admins_are_told_what_would_go_and_nothing_goes(running: Running) -> None:
    running.sign_in()
    running.tell(*visit(1, now_ms() - 100 * DAY_MS), *visit(2, now_ms() - 10 * DAY_MS))
    old = from_visitor("Salom", at=now_ms() - 95 * DAY_MS)
    reply(running.log, old)
    eventually(lambda: count(running.house.warehouse, "conversation_states") == 1)
    stands = everything(running.house.warehouse)
    told = {one["site_key"]: one for one in get(running, "retention")["data"]}
    assert (told["demo"]["days"], told["demo"]["rows"]["sessions"]) == (90, 1)
    assert told["demo"]["rows"]["conversation_states"] == 1
    assert told["simulated"]["rows"] == {}
    assert everything(running.house.warehouse) == stands
    running.house.keeper.work()
    line = running.client.get("/api/v1/audit?action=retention").json()["data"][0]
    assert line["detail"]["rows"] == told["demo"]["rows"]
    assert all(one["rows"] == {} for one in get(running, "retention")["data"])


def test_the_command_tells_it_while_nobody_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOZIR_DATA", str(tmp_path))
    assert main(["retention"]) == 2
    assert "nothing in" in capsys.readouterr().err
    accounts = Accounts(f"sqlite:///{tmp_path / 'accounts.db'}")
    with accounts.open() as store:
        store.add(SiteRow(site_key="demo", name="Demo", retention_days=30))
    accounts.close()
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        Writer(connection).apply([*visit(1, START), *visit(2, now_ms())], {})
    assert main(["retention"]) == 0
    said = capsys.readouterr().out
    assert "demo: 30 days" in said
    assert "1 of sessions" in said
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        assert count(connection, "sessions") == 2


def test_it_stops_when_told(file: tuple[Path, Connection]) -> None:
    _, connection = file
    Writer(connection).apply(visit(1, START), {})
    assert forget_older(connection, "demo", START + DAY_MS, go_on=lambda: False).rows == {}
    assert count(connection, "sessions") == 1


def everything(connection: Connection) -> str:
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name <> 'countries'"
    ).fetchall()
    rows = [connection.execute(f"FROM {name}").fetchall() for (name,) in tables]
    return json.dumps(rows, default=str)


def test_an_erased_visitor_is_nowhere_in_the_file(file: tuple[Path, Connection]) -> None:
    _, connection = file
    live = visit(1, START + 20 * DAY_MS, ended=False)
    Writer(connection).apply([*visit(1, START), *visit(2, START)], {})
    Writer(connection).apply(live, {})
    visitor, other = an_id("v", 1), an_id("v", 2)
    for table, values in {
        "contact_visitors": f"('demo', '{visitor}', 'c1'), ('demo', '{visitor}', 'c2'), "
        f"('demo', '{other}', 'c2')",
        "verified_visitors": f"('demo', '{visitor}', 'e', 'p', make_timestamp_ms({START}), "
        f"make_timestamp_ms({START}))",
    }.items():
        connection.execute(f"INSERT INTO {table} VALUES {values}")
    for contact in ("c1", "c2"):
        connection.execute(
            "INSERT INTO contact_rows SELECT ?, 'demo', 'Name', NULL, NULL, '{}', NULL, NULL, "
            "false, '[]', '', make_timestamp_ms(?), make_timestamp_ms(?)",
            [contact, START, START],
        )
    assert visitor in everything(connection)
    gone = erase_visitor(connection, "demo", visitor, START + 30 * DAY_MS)
    assert {"sessions", "page_views", "live_sessions", "contact_rows"} <= set(gone.rows)
    assert gone.persons == [visitor]
    left = everything(connection)
    assert visitor not in left
    assert other in left
    assert connection.execute("SELECT contact_id FROM contact_rows").fetchall() == [("c2",)]


def test_the_keeper_forgets_by_each_sites_days_and_says_so(running: Running) -> None:
    running.sign_in()
    running.tell(*visit(1, now_ms() - 40 * DAY_MS), *visit(2, now_ms() - 10 * DAY_MS))
    keeper = running.house.keeper
    keeper.work()
    assert count(running.house.warehouse, "sessions") == 2  # 90 days
    with running.house.accounts.open() as store:
        store.get_one(SiteRow, "demo").retention_days = 30
    keeper.work()
    assert count(running.house.warehouse, "sessions") == 2  # once a day
    keeper._forgot_at = 0
    keeper.work()
    assert count(running.house.warehouse, "sessions") == 1
    line = running.client.get("/api/v1/audit?action=retention").json()["data"][0]
    assert (line["system"], line["user"], line["site_key"]) == (True, None, "demo")
    assert line["detail"]["rows"]["sessions"] == 1


def test_a_longer_retention_brings_back_what_was_put_away(running: Running) -> None:
    running.sign_in()
    old = now_ms() - 40 * DAY_MS
    running.tell(*visit(1, old), *visit(2, now_ms() - 10 * DAY_MS))
    reply(running.log, from_visitor("Salom", at=old))
    house, visitor = running.house, an_id("v", 1)
    eventually(lambda: any(house.inbox.counts("demo")))
    stood = rows_of(house.warehouse)

    def keep(days: int) -> None:
        with house.accounts.open() as store:
            store.get_one(SiteRow, "demo").retention_days = days
        house.keeper._forgot_at = 0
        house.keeper.work()

    keep(30)
    assert count(house.warehouse, "sessions") == 1
    assert get(running, f"visitors/{visitor}", 404)
    eventually(lambda: not any(house.inbox.counts("demo")))
    eventually(lambda: house.hub.view.facts("demo", visitor) == NOTHING)
    (demo,) = (one for one in get(running, "retention")["data"] if one["site_key"] == "demo")
    assert (demo["rows"], demo["put_away"]["sessions"]) == ({}, 1)
    held = get(running, f"visitors/{visitor}/data")["data"]
    assert (held["sessions"], len(held["deleted_sessions"])) == ([], 1)
    assert len(held["deleted_messages"]) == 1

    keep(60)
    assert rows_of(house.warehouse) == stood
    assert get(running, f"visitors/{visitor}")["data"]["totals"]["visits"] == 1
    eventually(lambda: any(house.inbox.counts("demo")))
    eventually(lambda: house.hub.view.facts("demo", visitor).conversation_id)
    for action in ("retention", "retention_undone"):
        (line,) = running.client.get(f"/api/v1/audit?action={action}").json()["data"]
        assert line["detail"]["rows"]["sessions"] == 1


def rows_of(connection: Connection) -> dict[str, list[str]]:
    """Return the rows of every table of visitors."""
    tables = connection.execute(
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE column_name = 'site_key' "
        "AND table_name IN (SELECT table_name FROM duckdb_tables())"
    ).fetchall()
    return {
        name: sorted(map(repr, connection.execute(f"FROM {name}").fetchall())) for (name,) in tables
    }


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=8),
    st.tuples(st.integers(0, 22), st.integers(0, 22)).map(sorted),
)
@settings(max_examples=25, deadline=None)
def test_what_comes_back_is_what_was_put_away(
    visits: list[tuple[int, int]], days: list[int]
) -> None:
    since, cut = (START + day * DAY_MS for day in days)
    with open_warehouse(None) as connection:
        for number, (day, visitor) in enumerate(visits):
            one = Visit(number, visitor=visitor, started_at=START + day * DAY_MS)
            one.opens()
            one.ends()
            Writer(connection).apply(one.changes, {})
        stood = rows_of(connection)
        gone = forget_older(connection, "demo", cut, put_away_at=START)
        assert count_put_away(connection, "demo") == gone.rows
        bring_back(connection, "demo", since)
        assert count_older(connection, "demo", since) == {}
        still, back = count_put_away(connection, "demo"), count_older(connection, "demo", cut)
        assert {table: still.get(table, 0) + back.get(table, 0) for table in gone.rows} == gone.rows
        bring_back(connection, "demo", 0)
        assert rows_of(connection) == stood


def test_what_is_put_away_goes_for_good_in_its_time(file: tuple[Path, Connection]) -> None:
    _, connection = file
    Writer(connection).apply([*visit(1, START), *visit(2, START + 10 * DAY_MS)], {})
    forget_older(connection, "demo", START + 5 * DAY_MS, put_away_at=START)
    assert an_id("v", 1) in everything(connection)
    assert not purge(connection, "demo", START)
    assert set(purge(connection, "demo", START + 1).rows) >= {"deleted_sessions"}
    assert an_id("v", 1) not in everything(connection)
    assert an_id("v", 2) in everything(connection)


def test_who_was_put_away_is_erased_too(file: tuple[Path, Connection]) -> None:
    _, connection = file
    Writer(connection).apply([*visit(1, START), *visit(2, START)], {})
    forget_older(connection, "demo", START + 5 * DAY_MS, put_away_at=START)
    gone = erase_visitor(connection, "demo", an_id("v", 1), START + 9 * DAY_MS)
    assert gone.rows["deleted_sessions"] == 1
    assert an_id("v", 1) not in everything(connection)
    assert an_id("v", 2) in everything(connection)


def test_what_is_put_away_has_every_column_of_what_it_was(
    file: tuple[Path, Connection],
) -> None:
    _, connection = file

    def columns(table: str) -> set[tuple[str, str]]:
        asked = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
        return set(connection.execute(asked, [table]).fetchall())

    for table in TABLES:
        assert columns(f"deleted_{table}") == columns(table) | {("deleted_at", "TIMESTAMP")}


def test_a_visitor_is_erased_on_request_and_what_still_comes_later(
    running: Running,
) -> None:
    running.sign_in()
    visitor = an_id("v", 1)
    one = Visit(3, visitor=1, started_at=now_ms() - 60_000)
    one.opens()
    running.tell(*visit(1, now_ms() - 5 * DAY_MS), *one.changes)
    path = f"/api/v1/visitors/{visitor}?site=demo"
    told = running.client.delete(path)
    assert told.status_code == 200, told.text
    assert told.json()["data"]["online"] is True
    assert told.json()["data"]["erased"]["sessions"] == 1
    assert visitor not in everything(running.house.warehouse)
    assert ends(running) == [an_id("s", 3)]
    before = len(one.changes)
    one.reads("/secret")
    one.ends()
    tell(running.log, *one.changes[before:])
    running.tell(*visit(2, now_ms()))
    assert visitor not in everything(running.house.warehouse)
    get(running, f"visitors/{visitor}", 404)
    assert running.client.delete(path).status_code == 404
    with running.house.accounts.open() as store:
        lines = store.scalars(select(Audit).where(Audit.action == "visitor_erased")).all()
        assert (lines[0].subject, lines[0].site_key) == (visitor, "demo")
        assert store.scalars(select(Erasure)).all()


def ends(running: Running) -> list[str]:
    """Return the sessions that were asked to end; every partition is told of each."""
    told = [running.log.read(EVENTS, p, 0, 100) for p in range(EVENTS.partitions)]
    found = {tuple(decode_events(one.value).end for one in some) for some in told}
    assert len(found) == 1
    return list(found.pop())


def test_an_erased_visitor_leaves_the_lists_at_once_and_may_come_back_as_new(
    running: Running,
) -> None:
    running.sign_in()
    now = now_ms()
    visitor = an_id("v", 1)
    before = Visit(1, started_at=now - 60_000)
    before.opens()
    running.tell(*before.changes)
    path = f"/api/v1/visitors/{visitor}?site=demo"
    with running.client.websocket_connect("/api/v1/live?site=demo") as socket:
        assert socket.receive_json()["data"]["counts"]["online"] == 1
        assert running.client.delete(path).status_code == 200
        gone = socket.receive_json()
    assert (gone["event"], gone["data"]["counts"]["online"]) == ("visitor.offline", 0)
    assert get(running, "visitors/online")["data"] == []
    assert get(running, "visitors/counts")["data"] == {"online": 0, "offline": 0, "all": 0}
    after = Visit(2, visitor=1, started_at=now_ms() + 1)
    after.opens()
    running.tell(*after.changes)
    running.house.keeper.work()
    assert [one["id"] for one in get(running, "visitors/online")["data"]] == [visitor]
    assert get(running, f"visitors/{visitor}")["data"]["totals"]["visits"] == 1


def test_what_is_known_of_an_erased_visitor_leaves_memory_too(running: Running) -> None:
    running.sign_in()
    one = Visit(1, started_at=now_ms() - 60_000)
    one.opens()
    one.identifies(id="7", name="Dilnoza", verified=True)
    running.tell(*one.changes)
    reply(running.log, from_visitor("Salom", at=now_ms()), from_visitor("Hello", visitor=2))
    house, visitor = running.house, an_id("v", 1)

    def counted() -> tuple[int, ...]:
        return tuple(house.inbox.counts("demo"))

    eventually(lambda: counted() == (2, 0, 0, 2))
    eventually(lambda: house.hub.view.facts("demo", visitor).contact_id)
    eventually(lambda: "verified_visitors" in everything_of(house.warehouse, visitor))
    with running.client.websocket_connect("/api/v1/inbox?site=demo") as socket:
        assert len(socket.receive_json()["data"]["conversations"]) == 2
        assert running.client.delete(f"/api/v1/visitors/{visitor}?site=demo").status_code == 200
        while (frame := socket.receive_json())["event"] != "snapshot":
            pass
        (left,) = frame["data"]["conversations"]
        assert left["visitor"]["id"] == an_id("v", 2)
    eventually(lambda: counted() == (1, 0, 0, 1))
    eventually(lambda: house.hub.view.facts("demo", visitor) == NOTHING)
    eventually(lambda: house.people.of("demo", visitor) is None)
    assert counted() == tuple(counts(house.warehouse)["demo"])
    # A wish that is carried out again takes nothing of who came back.
    reply(running.log, from_visitor("Again", at=now_ms() + 1))
    eventually(lambda: counted() == (2, 0, 0, 2))
    house.keeper.work()
    eventually(lambda: house.hub.view.facts("demo", visitor).chatting)
    assert counted() == (2, 0, 0, 2)


def everything_of(connection: Connection, visitor: str) -> set[str]:
    """Return the tables that hold something of a visitor."""
    return {
        table
        for table in ("verified_visitors", "contact_visitors", "conversation_states")
        if count(connection, table, f"visitor_id = '{visitor}'")
    }


def test_a_wish_outlives_the_process(running: Running) -> None:
    running.sign_in()
    visitor = an_id("v", 1)
    assert running.client.delete(f"/api/v1/visitors/{visitor}?site=demo").status_code == 404
    (wish,) = wishes(running.house.accounts)
    assert (wish.site_key, wish.visitor_id) == ("demo", visitor)
    erased = Erased([wish])
    (before,) = visit(1, wish.asked_at, ended=False)[:1]
    (after,) = visit(1, wish.asked_at + 1, ended=False)[:1]
    assert (erased.covers(before.session), erased.covers(after.session)) == (True, False)
    erased.forget_before(wish.asked_at + 1)
    assert not erased.covers(before.session)


def test_old_conversations_and_persons_leave_memory_too(running: Running) -> None:
    running.sign_in()
    old = now_ms() - 100 * DAY_MS
    one = Visit(1, started_at=old)
    one.opens()
    one.identifies(id="7", verified=True)
    one.ends()
    reply(running.log, from_visitor("Salom", at=old), from_visitor("Hi", visitor=2, at=now_ms()))
    running.tell(*one.changes)
    house, visitor = running.house, an_id("v", 1)
    eventually(lambda: house.hub.view.facts("demo", visitor).chatting)
    eventually(lambda: "verified_visitors" in everything_of(house.warehouse, visitor))
    house.keeper.work()
    eventually(lambda: tuple(house.inbox.counts("demo")) == (1, 0, 0, 1))
    eventually(lambda: house.people.of("demo", visitor) is None)
    facts = house.hub.view.facts("demo", visitor)
    assert (facts.conversation_id, facts.chatting, facts.person_id) == (None, False, None)
    assert facts.contact_id, "contacts stay"
    assert everything_of(house.warehouse, visitor) == {"contact_visitors"}


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_only_admins_erase(running: Running, role: str) -> None:
    running.add_user("m@x.example", role, "demo")
    running.sign_in("m@x.example")
    answer = running.client.delete(f"/api/v1/visitors/{an_id('v', 1)}?site=demo")
    assert answer.json()["error"]["reason"] == "not_allowed"
