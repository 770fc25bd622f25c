"""The door as it stands: real HTTP, a real log, every no with its reason."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from hozir.contract.beacon import Beacon, ClaimedEvent
from hozir.contract.codec import encode
from hozir.contract.site import Site
from hozir.contract.topics import EVENTS, SITES
from tests.door import ORIGIN, Door, a_beacon
from tracker.script import SCRIPT


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path)
    yield door
    door.close()


def test_beacon_is_in_the_log_when_it_is_acknowledged(door: Door) -> None:
    answer = door.post(
        a_beacon(),
        User_Agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like"
        " Gecko) Chrome/156.0.0.0 Safari/537.36",
        X_Forwarded_For="8.8.8.8",
    )
    assert (answer.status_code, answer.json()) == (200, {"chat": 1})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    (batch,) = door.stored()
    assert batch.events[0].path == "/narxlar"
    assert batch.dimensions is not None
    assert batch.dimensions.country == "US"
    assert batch.dimensions.source == "Google"
    assert (batch.dimensions.os, batch.dimensions.os_version) == ("Windows", "11")
    assert batch.dimensions.bot == ""


def test_no_full_address_reaches_the_disk(door: Door, tmp_path: Path) -> None:
    door.post(a_beacon(), X_Forwarded_For="95.142.87.213")
    door.close()
    on_disk = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"95.142.87." in on_disk
    assert b"95.142.87.213" not in on_disk


@pytest.mark.parametrize(
    ("body", "site", "headers", "status", "reason"),
    [
        (b"{}", "nobody", {}, 404, "unknown_site"),
        (b"{}", "gone", {}, 404, "unknown_site"),
        (b"not json", "demo", {}, 400, "malformed"),
        (b"", "demo", {}, 400, "malformed"),
        (b"\xff\xfe\x00", "demo", {}, 400, "malformed"),
        (b"[" * 60_000, "demo", {}, 400, "malformed"),
        (b"x" * 65_537, "demo", {}, 413, "too_large"),
        (a_beacon(), "shop", {}, 403, "origin_not_allowed"),
        (a_beacon(), "shop", {"Origin": "https://shop.example.evil"}, 403, "origin_not_allowed"),
        (a_beacon(), "demo", {"X_Hozir_Simulated": "1"}, 403, "simulated_traffic"),
        (a_beacon(n=0), "demo", {}, 400, "bad_id"),
        (msgspec.structs.replace(a_beacon(), events=[]), "demo", {}, 400, "no_events"),
        (gzip.compress(encode(a_beacon())), "demo", {"Content_Encoding": "gzip"}, 400, "malformed"),
    ],
)
def test_every_no_has_its_status_and_reason(
    door: Door, body: bytes | Beacon, site: str, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = door.post(body, site, **headers)
    assert (answer.status_code, answer.headers["X-Hozir-Rejected"]) == (status, reason)
    assert answer.json()["error"]["reason"] == reason
    metrics = httpx.get(f"{door.url}/metrics").text
    assert f'hozir_beacons_rejected_total{{reason="{reason}"}} 1.0' in metrics
    assert door.stored() == []


def test_other_origins_get_no_permission_to_read(door: Door) -> None:
    refused = door.post(a_beacon(), "shop", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in refused.headers
    allowed = door.post(a_beacon(), "shop", Origin="https://shop.example")
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_preflight_is_answered_for_allowed_origins(door: Door) -> None:
    answer = httpx.options(f"{door.url}/e/demo", headers={"Origin": ORIGIN})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"


def test_beacons_are_posted_and_nothing_else(door: Door) -> None:
    assert httpx.get(f"{door.url}/e/demo").status_code == 405
    assert httpx.delete(f"{door.url}/e/demo").status_code == 405
    assert door.post(a_beacon(), "demo/more").status_code == 404


def test_one_visitor_who_sends_too_much_is_told_when_to_come_back(tmp_path: Path) -> None:
    door = Door(tmp_path, visitor_rate=0.5, visitor_burst=3)
    statuses = [door.post(a_beacon(n)).status_code for n in range(1, 5)]
    refused = door.post(a_beacon(5))
    other = door.post(a_beacon(1, visitor=2))
    door.close()
    assert statuses == [200, 200, 200, 429]
    assert refused.headers["X-Hozir-Rejected"] == "visitor_rate"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3
    assert other.status_code == 200


def test_one_address_that_sends_too_much_holds_up_nobody_else(tmp_path: Path) -> None:
    door = Door(tmp_path, address_rate=0.5, address_burst=2)
    statuses = [
        door.post(a_beacon(1, visitor=n), X_Forwarded_For="1.2.3.4").status_code
        for n in range(1, 4)
    ]
    other = door.post(a_beacon(1, visitor=9), X_Forwarded_For="1.2.3.5")
    door.close()
    assert statuses == [200, 200, 429]
    assert other.status_code == 200


def test_full_log_is_answered_with_503_and_retry_after(tmp_path: Path) -> None:
    door = Door(tmp_path, bytes=300_000)
    answers = [door.post(a_beacon(n, title="x" * 250)) for n in range(1, 2)]
    beacon = encode(
        msgspec.structs.replace(
            a_beacon(), events=[ClaimedEvent("custom", name="x", props={"a": "y" * 200})] * 50
        )
    )
    for number in range(2, 40):
        answers.append(door.post(beacon.replace(b'"n":1,', b'"n":%d,' % number)))
        if answers[-1].status_code == 503:
            break
    acknowledged = sum(answer.status_code == 200 for answer in answers)
    stored = len(door.stored())
    door.close()
    assert answers[-1].status_code == 503
    assert answers[-1].headers["X-Hozir-Rejected"] == "log_full"
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert stored == acknowledged


def test_site_that_comes_later_is_known_within_a_second(door: Door) -> None:
    assert door.post(a_beacon(), "new").status_code == 404
    door.log.append(SITES, [(0, encode(Site("new", "New", loopback=True)))])
    deadline = time.monotonic() + 5
    while door.post(a_beacon(), "new").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_time_passes_in_the_log_when_nobody_comes(door: Door) -> None:
    before = [door.log.head(EVENTS, partition) for partition in range(EVENTS.partitions)]
    time.sleep(1.2)
    after = [door.log.head(EVENTS, partition) for partition in range(EVENTS.partitions)]
    grown = [new - old for new, old in zip(after, before, strict=True)]
    assert min(grown) >= 2
    assert max(grown) <= 8


def test_script_demo_and_health_are_served(door: Door) -> None:
    script = httpx.get(f"{door.url}/h.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "max-age" in script.headers["Cache-Control"]
    assert script.headers["Content-Encoding"] == "gzip"
    assert script.content == SCRIPT.read_bytes()
    again = httpx.get(f"{door.url}/h.js", headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304
    assert 'data-site="demo"' in httpx.get(f"{door.url}/demo/").text
    assert httpx.get(f"{door.url}/healthz").json() == {
        "live": True,
        "ready": True,
        "reason": "",
        "appends": True,
        "sites": 2,
    }
    assert httpx.get(f"{door.url}/../pyproject.toml").status_code == 404


def test_metrics_are_for_this_machine_alone(door: Door) -> None:
    assert httpx.get(f"{door.url}/metrics").status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        forwarded = httpx.get(f"{door.url}/metrics", headers={header: "1.2.3.4"})
        assert forwarded.status_code == 403, header
