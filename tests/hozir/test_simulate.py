"""The generated visitors, against a real HTTP server that reads beacons by the contract."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from hozir.contract.beacon import Beacon
from hozir.contract.codec import decode_beacon, encode
from hozir.contract.errors import Misconfigured
from hozir.contract.ids import SESSION_ID, TAB_ID, VISITOR_ID
from hozir.simulate import Totals, add_arguments, run, simulate
from hozir.simulator.agents import AGENTS
from hozir.simulator.outbox import Acknowledged
from hozir.simulator.places import PLACES
from hozir.simulator.shop import PAGES, WAYS
from tests.ports import free_port

Answer = tuple[int, list[tuple[bytes, bytes]]]
TAKEN: Answer = (204, [])


class Recorder:
    """A door that keeps what it takes."""

    def __init__(self) -> None:
        self.beacons: list[Beacon] = []
        self.headers: list[dict[str, str]] = []
        self.paths: set[str] = set()
        self.answer = TAKEN
        self.lost_answers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        self.paths.add(scope["path"])
        self.headers.append({k.decode(): v.decode("latin-1") for k, v in scope["headers"]})
        status, headers = self.answer
        if status < 300:
            self.beacons.append(decode_beacon(body))
        if self.lost_answers:
            self.lost_answers -= 1
            status, headers = 500, []
        length = [] if status == 204 else [(b"content-length", b"0")]
        await send(
            {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
        )
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def serving(recorder: Recorder, port: int) -> AsyncIterator[str]:
    config = uvicorn.Config(
        recorder, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 -- uvicorn offers no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def record(
    recorder: Recorder, seconds: float = 1.5, visitors: int = 40, **more: object
) -> tuple[Totals, list[Acknowledged]]:
    acks: list[Acknowledged] = []
    async with serving(recorder, free_port()) as url:
        totals = await simulate(
            url,
            "simulated",
            visitors,
            seconds,
            7,
            on_ack=acks.append,
            pace=60.0,
            **more,  # type: ignore[arg-type]
        )
    return totals, acks


@pytest.fixture(scope="module")
def crowd() -> tuple[Recorder, Totals, list[Acknowledged]]:
    recorder = Recorder()
    totals, acks = asyncio.run(record(recorder, seconds=3.0))
    return recorder, totals, acks


Crowd = tuple[Recorder, Totals, list[Acknowledged]]


def test_totals_and_acknowledgements_are_what_the_door_took(crowd: Crowd) -> None:
    recorder, totals, acks = crowd
    assert totals.beacons == totals.acknowledged == len(recorder.beacons) == len(acks) > 100
    assert totals.refused == 0
    assert sorted(encode(ack.beacon) for ack in acks) == sorted(map(encode, recorder.beacons))
    views = [event for b in recorder.beacons for event in b.events if event.kind == "page_view"]
    assert totals.page_views == len(views)
    assert totals.sessions == len({b.session_id for b in recorder.beacons})


def test_beacons_go_to_the_site_and_say_that_they_are_generated(crowd: Crowd) -> None:
    recorder, _, _ = crowd
    assert recorder.paths == {"/e/simulated"}
    for headers in recorder.headers:
        assert headers["x-hozir-simulated"] == "1"
        assert headers["content-type"].startswith("text/plain")
        assert headers["user-agent"] in {agent.user_agent for agent in AGENTS}
        ip_address(headers["x-forwarded-for"])


def test_ids_have_the_form_of_the_contract(crowd: Crowd) -> None:
    for beacon in crowd[0].beacons:
        assert VISITOR_ID.fullmatch(beacon.visitor_id)
        assert SESSION_ID.fullmatch(beacon.session_id)
        assert TAB_ID.fullmatch(beacon.tab_id)


def test_each_tab_counts_its_beacons_from_one_without_gaps(crowd: Crowd) -> None:
    tabs: dict[str, list[Beacon]] = defaultdict(list)
    for beacon in crowd[0].beacons:
        tabs[beacon.tab_id].append(beacon)
    for beacons in tabs.values():
        assert [beacon.n for beacon in beacons] == list(range(1, len(beacons) + 1))
        assert beacons[0].events[0].kind == "page_view"
        assert len({beacon.visitor_id for beacon in beacons}) == 1


def test_journeys_hold_every_kind_of_event_and_follow_links(crowd: Crowd) -> None:
    kinds = {event.kind for beacon in crowd[0].beacons for event in beacon.events}
    assert {"page_view", "heartbeat", "leave", "visibility", "interaction"} <= kinds
    for beacon in crowd[0].beacons:
        for event in beacon.events:
            if event.kind != "page_view":
                continue
            assert beacon.context is not None
            path = re.sub(r"^https://[^/]+|\?.*", "", event.url)
            before = beacon.context.referrer
            if before.startswith("https://simulated.example"):
                assert path in PAGES[before.removeprefix("https://simulated.example")].links
            else:
                assert any(way.entry.partition("?")[0] == path for way in WAYS)


def test_visible_time_never_exceeds_the_time_that_passed(crowd: Crowd) -> None:
    for beacon in crowd[0].beacons:
        for event in beacon.events:
            assert 0 <= event.visible <= 6_000
            assert 0 <= event.age <= 6_000


def test_everybody_leaves_at_the_end(crowd: Crowd) -> None:
    last = {beacon.tab_id: beacon for beacon in crowd[0].beacons}
    left = [tab for tab in last.values() if any(e.kind == "leave" for e in tab.events)]
    # A few vanish without a word, as browsers do.
    assert len(left) >= 0.8 * len(last)


def test_one_slot_never_holds_two_visitors_at_once(crowd: Crowd) -> None:
    _, _, acks = crowd
    assert len({ack.beacon.visitor_id for ack in acks}) > 40


def test_same_seed_does_the_same() -> None:
    async def journey() -> list[tuple[str, str]]:
        recorder = Recorder()
        await record(recorder, seconds=0.6, visitors=5)
        first: dict[str, tuple[str, str]] = {}
        for beacon, headers in zip(recorder.beacons, recorder.headers, strict=True):
            key = headers["x-forwarded-for"]
            first.setdefault(key, (beacon.events[0].url, headers["user-agent"]))
        return sorted(first.values())[:5]

    assert asyncio.run(journey()) == asyncio.run(journey())


def test_second_run_of_a_seed_has_ids_of_its_own() -> None:
    runs = []
    for _ in range(2):
        recorder = Recorder()
        asyncio.run(record(recorder, seconds=0.3, visitors=5))
        runs.append({beacon.tab_id for beacon in recorder.beacons})
    assert not runs[0] & runs[1]


def test_door_away_for_a_second_gets_each_beacon_with_the_number_it_had() -> None:
    async def with_gap() -> tuple[Recorder, Totals, list[Acknowledged]]:
        recorder, port = Recorder(), free_port()
        acks: list[Acknowledged] = []
        url = f"http://127.0.0.1:{port}"
        async with serving(recorder, port):
            going = asyncio.create_task(
                simulate(url, "simulated", 20, 3.0, 3, on_ack=acks.append, pace=60.0)
            )
            await asyncio.sleep(1.0)
        await asyncio.sleep(1.0)
        async with serving(recorder, port):
            return recorder, await going, acks

    recorder, totals, acks = asyncio.run(with_gap())
    assert max(ack.tries for ack in acks) > 1
    assert totals.acknowledged == totals.beacons
    taken = {(beacon.tab_id, beacon.n) for beacon in recorder.beacons}
    assert len(taken) == totals.beacons
    for tab in {tab for tab, _ in taken}:
        numbers = sorted(n for t, n in taken if t == tab)
        assert numbers == list(range(1, len(numbers) + 1))


def test_lost_answer_repeats_the_beacon_and_acknowledges_it_once() -> None:
    recorder = Recorder()
    recorder.lost_answers = 5
    totals, acks = asyncio.run(record(recorder, visitors=10))
    assert len(recorder.beacons) == totals.beacons + 5
    assert len({(b.tab_id, b.n) for b in recorder.beacons}) == totals.beacons
    assert len(acks) == len({(a.beacon.tab_id, a.beacon.n) for a in acks}) == totals.beacons


def test_malformed_answer_to_one_is_counted_and_the_rest_goes_on() -> None:
    recorder = Recorder()
    recorder.answer = (400, [(b"x-hozir-rejected", b"malformed")])
    totals, acks = asyncio.run(record(recorder, seconds=0.3))
    assert totals.refused == totals.beacons > 0
    assert not acks


def test_real_site_stops_the_simulation() -> None:
    recorder = Recorder()
    recorder.answer = (403, [(b"x-hozir-rejected", b"simulated_traffic")])
    with pytest.raises(Misconfigured, match="real visitors"):
        asyncio.run(record(recorder, seconds=30.0))


def test_force_says_so_to_the_door() -> None:
    recorder = Recorder()
    asyncio.run(record(recorder, seconds=0.2, force=True))
    assert {headers["x-hozir-simulated"] for headers in recorder.headers} == {"force"}


def test_address_that_is_none_is_refused() -> None:
    with pytest.raises(Misconfigured):
        asyncio.run(simulate("localhost:8000", "simulated", 1, 0.1, 1))


def test_default_site_is_the_one_for_generated_visitors() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    chosen = parser.parse_args([])
    assert (chosen.site, chosen.into_real_site, chosen.seconds) == ("simulated", False, None)


def test_links_lead_to_pages_that_exist() -> None:
    for page in PAGES.values():
        assert set(page.links) <= set(PAGES)
    for way in WAYS:
        assert way.entry.partition("?")[0] in PAGES


def test_networks_and_agents_are_well_formed() -> None:
    for place in PLACES:
        for network in place.networks:
            ip_network(network)
    assert len(AGENTS) >= 25
    assert any(agent.bot for agent in AGENTS)
    assert any("iPhone" in agent.user_agent for agent in AGENTS)


def test_door_that_is_not_there_is_said_and_is_no_success(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hozir.simulate.SILENCE_BEFORE_WARNING", 0.2)
    monkeypatch.setattr("hozir.simulate.DRAIN_WHEN_STOPPED", 0.1)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    url = f"http://127.0.0.1:{free_port()}"
    assert run(parser.parse_args(["--url", url, "--visitors", "2", "--seconds", "0.5"])) == 1
    told = capsys.readouterr()
    assert "takes nothing yet" in told.err
    assert " 0 acknowledged" in told.out
