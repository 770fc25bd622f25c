"""Snapshots: whole or not there, made beside the running system, and put back without a loss."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from fastapi.testclient import TestClient

from api.accounts import Accounts, SignIn, SiteRow, User
from api.app import create_app
from api.restore import make_alone, restore
from api.snapshot_files import NOTE, UNFINISHED, drop_all_but, snapshots
from hozir import cli, local
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.errors import Misconfigured
from hozir.settings import Settings
from tests.api.conftest import PASSWORD_HASH, QUICK, Running, eventually, tell
from tests.api.test_loader import count, some_changes
from tests.api.test_process import a_process, serves
from tests.factories import Visit, an_id
from tests.ports import free_port
from warehouse.connection import open_warehouse

API = "/api/v1/snapshots"
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.passwords._hasher", QUICK)
    monkeypatch.setattr("api.passwords._NOBODY", PASSWORD_HASH)


@contextmanager
def a_web(settings: Settings) -> Iterator[Running]:
    """A web process over files, until it is stopped as it should be."""
    log = EmbeddedLog(settings.data / "log", fsync=False)
    accounts = Accounts(settings.accounts_url)
    with open_warehouse(settings.data / "hozir.duckdb") as warehouse:
        app = create_app(settings, log, warehouse, accounts, screens=False)
        with TestClient(app) as client:
            running = Running(app, client, log, app.inner.state.house)  # type: ignore[attr-defined]
            running.sign_in()
            yield running
    accounts.close()
    log.close()


def make(running: Running) -> Path:
    answer = running.client.post(API)
    assert answer.status_code == 201, answer.text
    return Path(answer.json()["data"]["path"])


def totals(path: Path) -> dict[str, int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            table: count(connection, table)
            for table in ("sessions", "page_views", "presence", "live_sessions", "visitor_sessions")
        }


def test_a_restored_warehouse_goes_on_from_the_log_and_nothing_is_missing_or_twice(
    settings: Settings,
) -> None:
    changes = some_changes(0, 60)
    half = len(changes) // 2
    with a_web(settings) as running:
        running.tell(*changes[:half])
        running.add_user("m@shop.example", "manager", "demo")
        snapshot = make(running)
        running.tell(*changes[half:])
    whole = totals(settings.data / "hozir.duckdb")
    then = totals(snapshot / "hozir.duckdb")
    assert 0 < then["presence"] < whole["presence"]
    assert then["sessions"] < whole["sessions"] == 60

    done = restore(settings, snapshot)
    assert (done.accounts, done.erased, done.missing) == (True, 0, 0)
    assert totals(settings.data / "hozir.duckdb") == then
    assert totals(done.kept / "hozir.duckdb") == whole
    with a_web(settings) as running:
        eventually(lambda: running.house.loader.applied == len(changes) - half)
        with running.house.accounts.open() as store:
            assert [user.email for user in store.query(User)][1:] == ["m@shop.example"]
    assert totals(settings.data / "hozir.duckdb") == whole


def test_who_was_erased_after_a_snapshot_is_erased_when_it_is_restored_and_stays_so(
    settings: Settings,
) -> None:
    gone, stays = Visit(1), Visit(2)
    for one in (gone, stays):
        one.opens()
        one.ends()
    back = Visit(3)
    back.opens()
    with a_web(settings) as running:
        running.tell(*gone.changes, *stays.changes)
        snapshot = make(running)
        erased = f"/api/v1/visitors/{an_id('v', 1)}?site=demo"
        assert running.client.delete(erased).status_code == 200
    done = restore(settings, snapshot)
    assert done.erased == 1
    with a_web(settings) as running:
        running.tell(*back.changes)
    with duckdb.connect(str(settings.data / "hozir.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT visitor_id FROM visitor_sessions ORDER BY 1").fetchall()
    assert found == [(an_id("v", 2),), (an_id("v", 3),)]
    assert totals(snapshot / "hozir.duckdb")["sessions"] == 2


def test_after_a_restore_nobody_is_signed_in_and_accounts_may_stay_as_they_are(
    settings: Settings,
) -> None:
    with a_web(settings) as running:
        snapshot = make(running)
        running.add_user("new@shop.example", "manager", "demo")

    def people() -> tuple[int, int]:
        accounts = Accounts(settings.accounts_url)
        with accounts.open() as store:
            found = store.query(User).count(), store.query(SignIn).count()
        accounts.close()
        return found

    assert not restore(settings, snapshot, with_accounts=False).accounts
    assert people() == (2, 1)
    assert restore(settings, snapshot).accounts
    assert people() == (1, 0)


def test_nothing_is_restored_over_a_running_system_or_out_of_what_is_not_whole(
    settings: Settings, tmp_path: Path
) -> None:
    with a_web(settings) as running:
        running.tell(*some_changes(0, 2))
        snapshot = make(running)
    before = totals(settings.data / "hozir.duckdb")
    with pytest.raises(Misconfigured, match="no snapshot"):
        restore(settings, tmp_path / "nothing")
    said = json.loads((snapshot / NOTE).read_bytes())
    said["rows"]["sessions"] += 1
    (snapshot / NOTE).write_text(json.dumps(said))
    with pytest.raises(Misconfigured, match="does not hold"):
        restore(settings, snapshot)
    opening = (
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True); "
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", opening, str(settings.data / "hozir.duckdb")],
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Misconfigured, match="stop it first"):
            restore(settings, snapshot)
        holder.kill()
    assert totals(settings.data / "hozir.duckdb") == before
    assert not (settings.data / "replaced").exists()


def test_one_that_is_killed_in_the_middle_is_not_there(settings: Settings) -> None:
    with a_web(settings) as running:
        running.tell(*some_changes(0, 3))
    slow = (
        "import time, pathlib, dataclasses, sys\n"
        "from warehouse import snapshot\n"
        "from api.restore import make_alone\n"
        "from hozir.settings import Settings\n"
        "copy = snapshot._copy\n"
        "def half(old, new):\n"
        "    copy(old, new)\n"
        "    print('copied', flush=True)\n"
        "    time.sleep(60)\n"
        "snapshot._copy = half\n"
        "make_alone(dataclasses.replace(Settings(), data=pathlib.Path(sys.argv[1])))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", slow, str(settings.data)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    folder = settings.data / "snapshots"
    assert [path.name.startswith(UNFINISHED) for path in folder.iterdir()] == [True]
    assert snapshots(folder) == {}
    path, _ = make_alone(settings)
    assert [one.name for one in folder.iterdir()] == [path.name]


def test_the_clock_makes_them_and_the_newest_stay(settings: Settings) -> None:
    settings = dataclasses.replace(settings, snapshot_hours=6, snapshot_keep=2)
    with a_web(settings) as running:
        maker, now = running.house.snapshots, time.time_ns() // 1_000_000
        maker.work(now)
        (first,) = maker.kept()
        maker.work(now + 5 * HOUR_MS)
        assert list(maker.kept()) == [first]
        by_hand = make(running).name
        maker.work(now + 7 * HOUR_MS)
        assert first not in maker.kept()
        assert next(iter(maker.kept())) == by_hand
        assert len(maker.kept()) == 2
        listed = running.client.get(API).json()["data"]
        assert [one["name"] for one in listed] == list(maker.kept())[::-1]
        assert drop_all_but(maker.folder, 0) == []


def test_a_copy_of_the_accounts_can_be_read_alone_and_by_the_owner_only(
    settings: Settings,
) -> None:
    with a_web(settings) as running:
        snapshot = make(running)
    accounts = snapshot / "accounts.db"
    assert accounts.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(f"file:{accounts}?mode=ro", uri=True)) as read:
        assert read.execute("SELECT email FROM users").fetchall() == [("admin@localhost",)]
    assert sorted(file.name for file in snapshot.iterdir()) == [
        "accounts.db",
        "hozir.duckdb",
        "snapshot.json",
    ]


def test_without_room_it_is_said_and_nothing_is_left(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_web(settings) as running:
        running.house.warehouse.cursor().execute("CHECKPOINT")
        monkeypatch.setattr("api.snapshot_files.ROOM", 2.0**60)
        answer = running.client.post(API)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (503, "no_room")
        assert list(running.house.snapshots.folder.iterdir()) == []


def test_days_that_are_over_are_written_once_and_once_more_when_their_visits_have_ended(
    settings: Settings, tmp_path: Path
) -> None:
    into = tmp_path / "days"
    settings = dataclasses.replace(settings, daily_folder=str(into))
    with a_web(settings) as running:
        with running.house.accounts.open() as store:
            zones = {site.site_key: site.timezone for site in store.query(SiteRow)}
        assert set(zones.values()) == {"Asia/Tashkent"}
        # A quarter to one at night in Tashkent.
        now = int(datetime(2026, 3, 9, 19, 45, tzinfo=UTC).timestamp() * 1000)
        maker = running.house.snapshots
        maker.work(now)
        files = sorted(into.rglob("*.parquet"))
        assert len(files) == 4 * 7 * len(zones)
        newest = into / "sessions/site_key=demo/day=2026-03-09/rows.parquet"
        assert newest in files

        def written_at(moment: datetime) -> None:
            for file in files:
                os.utime(file, (moment.timestamp(), moment.timestamp()))

        written_at(datetime(2026, 3, 9, 19, 45, tzinfo=UTC))
        maker.work(now + HOUR_MS)
        assert newest.stat().st_mtime == datetime(2026, 3, 9, 19, 45, tzinfo=UTC).timestamp()
        maker.work(now + 26 * HOUR_MS)
        assert newest.stat().st_mtime > time.time() - 3600


@pytest.mark.slow
def test_the_command_line_reaches_the_running_system_and_does_it_alone_without_one(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    port, log = free_port(), EmbeddedLog(settings.data / "log", fsync=False)
    tell(log, *some_changes(0, 5))
    log.close()
    monkeypatch.setenv("HOZIR_DATA", str(settings.data))
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    export = ["export", "--day", yesterday, "--into", str(tmp_path / "days")]
    with a_process(settings.data, port) as process:
        eventually(lambda: serves(port), 30)
        key = settings.data / local.KEY_FILE
        assert key.stat().st_mode & 0o077 == 0
        assert cli.main(["snapshot"]) == 0
        assert cli.main(export) == 0
        assert cli.main(["restore", "any"]) == 2
        stranger = json.loads(key.read_bytes()) | {"secret": "no"}
        (tmp_path / local.KEY_FILE).write_text(json.dumps(stranger))
        with pytest.raises(local.NotRunning):
            local.ask(tmp_path, API)
        # Killed, it leaves its key.
        process.kill()
        process.wait()
    assert key.exists()
    assert cli.main(["snapshot"]) == 0
    assert cli.main(export) == 0
    kept = list(snapshots(settings.data / "snapshots"))
    assert len(kept) == 2
    assert cli.main(["restore", kept[0]]) == 0
    said = capsys.readouterr().out
    assert f"restored {kept[0]}" in said
    assert said.count("8 files in") == 2
