"""The way of an event from the door to the tables: how each step says that it is.

The other processes are asked for their `/healthz` and `/metrics`, all at once; the steps of web
are known here. A process that does not answer in time is said not to, and holds nobody up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from math import isinf
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from prometheus_client.parser import text_string_to_metric_families

from api.hub import Hub
from api.loader import Loader
from api.watchman import watched
from hozir.health import Health, judge
from hozir.settings import Settings

StepName = Literal["door", "forward", "pipeline", "screens", "warehouse", "other"]
ASK_SECONDS = 1.5
NO_ANSWER = "no_answer"
"""Beside the reasons of hozir/health.py."""
_ORDER: tuple[StepName, ...] = ("door", "forward", "pipeline", "screens", "warehouse", "other")
_OF_PROCESS: dict[str, StepName] = {"ingest": "door", "forward": "forward", "pipeline": "pipeline"}
_LAGS: dict[StepName, str] = {
    "door": "hozir_door_lag_ms",
    "forward": "hozir_forward_lag_ms",
    "pipeline": "hozir_pipeline_lag_ms",
}
_PART = 0.95

Samples = dict[str, list[tuple[dict[str, str], float]]]
"""Figures of a process, by name."""


@dataclass(frozen=True)
class Step:
    """One step, as it is now."""

    name: StepName
    ready: bool
    reason: str
    """Why not; one of hozir/health.py, or that there was no answer."""
    lag_ms: float | None
    """How old the oldest thing is that it may not have dealt with; None where nobody said."""
    place: str = ""
    """Host and port, where several are watched."""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a process answered."""

    process: str
    """By its name or its port; empty if neither is known."""
    place: str
    """Host and port, unless it is one of this machine."""
    reason: str
    samples: Samples


class Others:
    """Asks the other processes. In the loop."""

    def __init__(self, settings: Settings) -> None:
        ports = {
            settings.ingest_port: "ingest",
            settings.pipeline_port: "pipeline",
            settings.forward_port: "forward",
        }
        self._watched: list[tuple[str, str, str]] = []
        for name, address in watched(settings).items():
            if name in _OF_PROCESS:
                self._watched.append((name, "", address))
            else:
                host, port = _place(address)
                self._watched.append((ports.get(port, ""), f"{host}:{port}", address))
        self._http: httpx.AsyncClient | None = None

    async def ask(self) -> list[Asked]:
        """Return what each of them says of itself."""
        if self._http is None:
            make = partial(
                httpx.AsyncClient,
                timeout=ASK_SECONDS,
                trust_env=False,
                # What was open to a process that has ended would look like its silence.
                limits=httpx.Limits(max_keepalive_connections=0),
            )
            self._http = await asyncio.to_thread(make)  # it reads certificates
        asked = [self._one(self._http, *one) for one in self._watched]
        return list(await asyncio.gather(*asked))

    async def close(self) -> None:
        """Let go of what is open."""
        if self._http is not None:
            await self._http.aclose()

    async def _one(self, http: httpx.AsyncClient, process: str, place: str, address: str) -> Asked:
        health, figures = await asyncio.gather(
            _get(http, address), _get(http, address.removesuffix("/healthz") + "/metrics")
        )
        reason = _reason(health)
        told = figures.text if figures is not None and figures.status_code == 200 else ""
        return Asked(process, place, reason, _samples(told))


def steps(loader: Loader, hub: Hub, others: Iterable[Asked]) -> list[Step]:
    """Return all steps in the order of the way. In the loop."""
    screens = judge(live=loader.running, lag_ms=hub.lag_ms)
    written = loader.behind.ms()
    tables = judge(live=loader.running, problem=loader.problem, lag_ms=written)
    found = [
        *(_step(one) for one in others),
        _own("screens", screens, hub.lag_ms, {"open": len(hub)}),
        _own("warehouse", tables, written, {}),
    ]
    return sorted(found, key=lambda step: _ORDER.index(step.name))


def rejected(others: Iterable[Asked]) -> dict[str, Any] | None:
    """Return what the doors took and turned away, and since when; None where none told."""
    doors = [one.samples for one in others if "hozir_beacons_accepted_total" in one.samples]
    if not doors:
        return None
    reasons: dict[str, int] = {}
    for samples in doors:
        for labels, n in samples.get("hozir_beacons_rejected_total", ()):
            if n:
                reasons[labels["reason"]] = reasons.get(labels["reason"], 0) + int(n)
    begun = [n for door in doors for _, n in door.get("hozir_beacons_accepted_created", ())]
    return {
        "accepted": int(sum(door["hozir_beacons_accepted_total"][0][1] for door in doors)),
        "reasons": dict(sorted(reasons.items(), key=lambda one: -one[1])),
        "since": int(min(begun) * 1000) if begun else None,
    }


def most_of(samples: Samples, histogram: str, part: float = _PART) -> float | None:
    """Return the border below which `part` of what a histogram counted lies, or None.

    A border and nothing between two: within its counts a histogram does not know.
    """
    borders = sorted(
        (float(labels["le"]), n) for labels, n in samples.get(f"{histogram}_bucket", ())
    )
    if not borders or not borders[-1][1]:
        return None
    border = next(le for le, n in borders if n >= part * borders[-1][1])
    return None if isinf(border) else border


def _own(name: StepName, health: Health, lag_ms: float | None, more: dict[str, Any]) -> Step:
    return Step(name, health.ready, health.reason, lag_ms, more=more)


def _step(asked: Asked) -> Step:
    name: StepName = _OF_PROCESS.get(asked.process, "other")
    for known, metric in _LAGS.items():
        if metric in asked.samples:
            name = known
    lag = asked.samples.get(_LAGS.get(name, ""), [({}, None)])[0][1]
    more: dict[str, Any] = {}
    if name == "door":
        seconds = most_of(asked.samples, "hozir_append_seconds")
        more["durable_ms"] = None if seconds is None else seconds * 1000
    return Step(name, not asked.reason, asked.reason, lag, asked.place, more)


def _place(address: str) -> tuple[str, int]:
    """Return host and port of an address; what stands there of a password is nobody's to see."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "?", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "?", 0


async def _get(http: httpx.AsyncClient, address: str) -> httpx.Response | None:
    try:
        return await http.get(address)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _reason(health: httpx.Response | None) -> str:
    try:
        if health is None:
            return NO_ANSWER
        return "" if health.status_code == 200 else str(health.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return NO_ANSWER


def _samples(text: str) -> Samples:
    found: Samples = {}
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
    except ValueError:  # whoever answers there is none of ours
        return {}
    return found
