"""Reports run beside all else: within a time, as long as somebody waits, in little memory."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.requests import Request

from api import report_pool
from api.outlet import PIECE, PIECES, Outlet
from api.problem import Problem
from api.report_files import FileFormat, write_file
from api.report_pool import File, ReportPool
from warehouse.connection import Connection, open_warehouse

FOREVER = "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(100_000) b"
MILLION = (
    "SELECT '/page/' || range || repeat('x', 80) AS page, range AS visitors, "
    "range / 7 AS bounce_rate FROM range(1_000_000)"
)
MIB = 1024**2


class Client:
    """Who asks, and may go."""

    def __init__(self, leaves_after: float = 1e9) -> None:
        self._leaves_at = time.monotonic() + leaves_after

    async def is_disconnected(self) -> bool:
        return time.monotonic() > self._leaves_at


def client(leaves_after: float = 1e9) -> Request:
    return cast(Request, Client(leaves_after))


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Connection]:
    with open_warehouse(None) as connection:
        yield connection


@pytest.fixture
def pools(warehouse: Connection) -> Iterator[Callable[..., ReportPool]]:
    made: list[ReportPool] = []

    def make(**more: float) -> ReportPool:
        made.append(ReportPool(warehouse, **more))
        return made[-1]

    yield make
    for pool in made:
        pool.stop()


def ask(sql: str) -> Callable[[Connection], list[Any]]:
    return lambda connection: connection.cursor().execute(sql).fetchall()


def is_quiet(pool: ReportPool, seconds: float = 5.0) -> bool:
    """Whether all threads of the pool have ended what they did."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(work.job.done() for work in pool._running):
            return True
        time.sleep(0.02)
    return False


def refusal(asking: Any) -> Problem:
    with pytest.raises(Problem) as told:
        asyncio.run(asking)
    return told.value


def test_an_answer_comes_from_a_thread_of_the_pool(pools: Callable[..., ReportPool]) -> None:
    def where(connection: Connection) -> tuple[str, Any]:
        row = connection.cursor().execute("SELECT 42").fetchone()
        return threading.current_thread().name, row

    name, row = asyncio.run(pools().answer(client(), where))
    assert name.startswith("report")
    assert row == (42,)


def test_what_takes_too_long_is_refused_and_ended(pools: Callable[..., ReportPool]) -> None:
    pool = pools(seconds=0.2)
    told = refusal(pool.answer(client(), ask(FOREVER)))
    assert (told.status, told.reason) == (503, "too_slow")
    assert is_quiet(pool), "the warehouse goes on with it"


def test_a_question_whose_client_has_gone_is_ended(pools: Callable[..., ReportPool]) -> None:
    pool = pools()
    begun = time.monotonic()
    refusal(pool.answer(client(leaves_after=0.2), ask(FOREVER)))
    assert is_quiet(pool)
    assert time.monotonic() - begun < 5


def test_what_a_question_raises_is_raised(pools: Callable[..., ReportPool]) -> None:
    def fails(connection: Connection) -> None:
        raise Problem(400, "bad_range", "No.")

    assert refusal(pools().answer(client(), fails)).reason == "bad_range"


def test_too_many_at_once_are_told_to_come_back(
    pools: Callable[..., ReportPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_pool, "MOST_WAITING", 4)
    pool = pools(seconds=1.0)

    async def crowd() -> list[Any]:
        asked = [pool.answer(client(), ask(FOREVER)) for _ in range(5)]
        return await asyncio.gather(*asked, return_exceptions=True)

    told = asyncio.run(crowd())
    assert [one.reason for one in told] == ["too_slow"] * 4 + ["busy"]
    assert is_quiet(pool)
    assert asyncio.run(pool.answer(client(), ask("SELECT 1"))) == [(1,)]


def test_the_loop_goes_on_while_reports_run(pools: Callable[..., ReportPool]) -> None:
    pool = pools(seconds=0.6)

    async def beside() -> int:
        reports = [asyncio.ensure_future(pool.answer(client(), ask(FOREVER))) for _ in range(5)]
        turns = 0
        while not all(one.done() for one in reports):
            await asyncio.sleep(0.01)
            turns += 1
        await asyncio.gather(*reports, return_exceptions=True)
        return turns

    assert asyncio.run(beside()) > 10


async def read(file: File, pause: float = 0.0) -> tuple[bytes, int]:
    """Return the beginning of a file, and its size."""
    head, size = b"", 0
    try:
        async for piece in file.pieces():
            head = head or piece
            size += len(piece)
            if pause:
                await asyncio.sleep(pause)
    finally:
        file.end()
    return head, size


def rows(sql: str, file_format: FileFormat = "csv") -> report_pool.Write:
    def write(connection: Connection, out: Outlet, begun: Callable[[], None]) -> None:
        reader = connection.cursor().sql(sql).to_arrow_reader(10_000)
        begun()
        write_file(file_format, reader, out)

    return write


def memory() -> int:
    """Return the bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize("file_format", ["csv", "arrow", "parquet"])
def test_a_file_of_a_million_rows_does_not_grow_memory(
    pools: Callable[..., ReportPool], file_format: FileFormat
) -> None:
    async def measure() -> tuple[int, int]:
        pool = pools()
        await read(await pool.file(client(), rows(f"{MILLION} LIMIT 100_000", file_format)))
        before = most = memory()
        file = await pool.file(client(), rows(MILLION, file_format))
        size = 0
        async for piece in file.pieces():
            size += len(piece)
            most = max(most, memory())
        file.end()
        return size, most - before

    size, grown = asyncio.run(measure())
    assert grown < 64 * MIB, grown
    if file_format != "parquet":  # which packs this well
        assert size > 100 * MIB


def test_a_client_that_reads_slowly_holds_up_the_writer_alone(
    pools: Callable[..., ReportPool],
) -> None:
    outlets: list[Outlet] = []

    def write(connection: Connection, out: Outlet, begun: Callable[[], None]) -> None:
        outlets.append(out)
        for _ in range(40):
            out.write(b"x" * PIECE)

    async def slowly() -> int:
        file = await pools().file(client(), write)
        await asyncio.sleep(0.2)
        ahead = outlets[0].tell()
        _, size = await read(file)
        assert size == 40 * PIECE
        return ahead

    assert asyncio.run(slowly()) <= (PIECES + 2) * PIECE


def test_a_file_whose_client_goes_away_is_ended(pools: Callable[..., ReportPool]) -> None:
    pool = pools()

    async def leave() -> None:
        file = await pool.file(client(), rows(MILLION))
        async for _ in file.pieces():
            break
        file.end()
        await asyncio.sleep(0.3)

    asyncio.run(leave())
    assert is_quiet(pool)


def test_a_file_that_does_not_begin_in_time_is_refused(pools: Callable[..., ReportPool]) -> None:
    pool = pools(seconds=0.2)
    assert refusal(pool.file(client(), rows(FOREVER))).reason == "too_slow"
    assert is_quiet(pool)


def test_a_file_that_has_begun_has_more_time(pools: Callable[..., ReportPool]) -> None:
    def write(connection: Connection, out: Outlet, begun: Callable[[], None]) -> None:
        begun()
        time.sleep(0.5)
        out.write(b"late")

    async def wait() -> tuple[bytes, int]:
        return await read(await pools(seconds=0.2).file(client(), write))

    assert asyncio.run(wait()) == (b"late", 4)


def test_a_file_that_breaks_off_is_not_taken_for_whole(pools: Callable[..., ReportPool]) -> None:
    def write(connection: Connection, out: Outlet, begun: Callable[[], None]) -> None:
        out.write(b"x" * 2 * PIECE)
        raise ValueError("the disk is gone")

    async def get() -> None:
        await read(await pools().file(client(), write))

    with pytest.raises(ValueError, match="the disk is gone"):
        asyncio.run(get())


def test_stopping_ends_what_runs(pools: Callable[..., ReportPool]) -> None:
    pool = pools()

    async def stop() -> Problem:
        asked = asyncio.ensure_future(pool.answer(client(), ask(FOREVER)))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(pool.stop)
        with pytest.raises(Problem) as told:
            await asked
        return told.value

    assert asyncio.run(stop()).status == 503
