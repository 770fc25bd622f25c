"""The herd, in small: what it sends is acknowledged, told in time, and counted."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from proof.counted import lost
from proof.load import filled, ramp
from proof.posting import Poster

VISITORS = 200


@pytest.mark.slow
def test_a_herd_is_told_of_in_time_and_counted_to_the_last_beacon() -> None:
    with filled() as (system, herd, probe):
        (step,), _ = ramp(system, herd, probe, VISITORS, seconds=5)
        with system.client() as client:
            shown = client.get("/api/v1/visitors/online", params={"site": "simulated"}).json()
        assert shown["meta"]["total_online"] >= VISITORS
        assert step.visitors == VISITORS
        assert step.beacons > VISITORS / 60
        assert 0 < step.fresh[0] < 5
        assert step.memory > 100
        missing = lost(system, herd, probe)
        assert herd.last.acknowledged > VISITORS
    assert [figure.value for figure in missing] == [0, 0]


def test_posts_that_were_refused_for_now_are_sent_again() -> None:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n{}"):
                asked += 1
                status = (503, 400, 204)[min(asked, 3) - 1]
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}".encode())
        writer.close()

    async def run() -> list[bool]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        poster = Poster(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await poster.start()
        taken: list[bool] = []
        for mark in (True, False, True):
            poster.post("/e/x", b"{}", "", taken.append, mark)
        while poster.waiting:  # noqa: ASYNC110 -- the poster offers no event for it
            await asyncio.sleep(0.01)
        assert (poster.sent, poster.acknowledged, poster.refused) == (3, 2, 1)
        poster.close()
        server.close()
        await asyncio.sleep(0.1)
        return taken

    assert len(asyncio.run(run())) == 2
    assert asked == 4
