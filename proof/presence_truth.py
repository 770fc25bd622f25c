"""How true is what Hozir says of who is here? Beside visitors of whom everything is known.

Each kind of life is led by some visitors; what the live socket says of each is compared with what
was so. By default it takes as long as a tab that is hidden for twenty minutes.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.figure import Figure
from hozir.simulator.door import Door
from proof.compared import ALLOWED, Findings, Said, compare, quantiles
from proof.listener import Frame, Listener
from proof.lives import KINDS, Kind, Life
from tests.stack import Stack, stack, wait_for

SITE = "truth"
SECONDS = 22 * 60.0
VISITORS = 390
BEAT = 30
AT_MOST_JOIN = 1.0
"""Seconds until who comes is shown, p99."""
BY_DESIGN = "waits for a page too slow (8 s)"
"""By the rules this is gone and back; it is measured, and held to nothing."""


def prove(visitors: int = VISITORS, seconds: float = SECONDS) -> list[Figure]:
    """Let so many visitors live for so long, and compare."""
    with tempfile.TemporaryDirectory() as folder, stack(Path(folder)) as system:
        found = watch(system, visitors, seconds, BEAT)
        page = of_page(system)
    return figures(found) + page


def watch(
    system: Stack, visitors: int, seconds: float, beat: int, allowed: float = ALLOWED
) -> dict[str, Findings]:
    """Return what was found of each kind of life, each led by as many visitors."""
    with system.client() as admin:
        new = {"site_key": SITE, "name": "Truth", "loopback": True, "timezone": "UTC"}
        admin.post("/api/v1/sites", json=new).raise_for_status()
        change = {"heartbeat_seconds": beat}
        admin.patch(f"/api/v1/sites/{SITE}", json=change).raise_for_status()
    wait_for(lambda: _is_known(system), 20, "for the site")
    told: defaultdict[str, list[Said]] = defaultdict(list)

    def take(at: float, frame: Frame) -> None:
        shown = frame.data.visitor
        if shown is not None:
            path = shown.current_page.url if shown.current_page else None
            told[shown.id].append(Said(at, frame.event != "visitor.offline", path))

    with Listener(system, SITE, take) as listener:
        lives = asyncio.run(_live(system.ingest, max(1, visitors // len(KINDS)), seconds, beat))
    assert listener.gaps == 0, "the socket left something out"
    found = {name: Findings() for name in KINDS}
    for name, life in lives:
        found[name].add(compare(life.truth, told.pop(life.person.visitor_id, []), allowed))
    assert not told, "somebody was shown whom nobody sent"
    return found


def figures(found: dict[str, Findings]) -> list[Figure]:
    """Return the figures: of all together, and of each kind."""
    held = Findings()
    for name, one in found.items():
        if name != BY_DESIGN:
            held.add(one)
    work = f"{len(held.joins):,} visitors in {len(found) - 1} kinds of life"
    join, left = quantiles(held.joins), len(held.leaves)
    some = [
        Figure("to be shown after coming, p50", join[0], "s", work),
        Figure("to be shown after coming, p95", join[1], "s", work),
        Figure("to be shown after coming, p99", join[2], "s", work, at_most=AT_MOST_JOIN),
        Figure("the next page shown, p99", quantiles(held.pages)[2], "s", f"{len(held.pages):,}"),
        Figure("gone later than documented, worst", max(held.beyond), "s", f"{left:,} leaves"),
        Figure(f"ghosts, more than {ALLOWED:g} s", held.ghosts, "", f"{left:,} leaves", at_most=0),
        Figure("flickers", held.flickers, "", work, at_most=0),
        Figure("wrong pages", held.wrong_pages, "", work, at_most=0),
        Figure("never shown", held.unseen, "", work, at_most=0),
    ]
    for name, one in found.items():
        leave = quantiles(one.leaves)
        some += [
            Figure(f"{name}: gone, p{percent}", seconds, "s", f"{len(one.leaves)} leaves")
            for percent, seconds in zip((50, 95, 99), leave, strict=True)
        ]
        untrue = {
            "ghosts": one.ghosts,
            "flickers": one.flickers,
            "wrong pages": one.wrong_pages,
            "never shown": one.unseen,
        }
        some += [
            Figure(f"{name}: {what}", number, "", f"{len(one.joins)} visitors")
            for what, number in untrue.items()
            if number
        ]
        if one.backs:
            back = quantiles(one.backs)
            work = f"{len(one.backs)} returns"
            some.append(Figure(f"{name}: shown again, p50", back[0], "s", work))
            some.append(Figure(f"{name}: shown again, p99", back[2], "s", work))
    return some


def of_page(system: Stack) -> list[Figure]:
    """Return what the page Health says of the same visitors, to stand beside what was heard."""
    with system.client() as admin:
        answer = admin.get("/api/v1/health", params={"window": "24h"})
        told = answer.raise_for_status().json()["data"]
    join, leave, ghosts = told["join"], told["leave"], told["ghosts"]
    visits = f"{join['visits']:,} visits"
    left = f"{ghosts['leaves']:,} leaves, {leave['silent']:,} of them silent"
    return [
        *(
            Figure(f"by the page: offered after coming, p{n}", join[f"p{n}_ms"] / 1000, "s", visits)
            for n in (50, 95, 99)
        ),
        Figure("by the page: gone after a farewell, p95", leave["p95_ms"] / 1000, "s", left),
        Figure("by the page: ghosts", ghosts["ghosts"], "", left),
        Figure("by the page: flickers", ghosts["flickers"], "", visits),
    ]


def _is_known(system: Stack) -> bool:
    async def ask() -> bool:
        door = Door(system.ingest)
        try:
            return (await door.post(f"/e/{SITE}", b"{}", "")).reason != "unknown_site"
        finally:
            await door.close()

    return asyncio.run(ask())


async def _live(url: str, copies: int, seconds: float, beat: int) -> list[tuple[str, Life]]:
    lives: list[tuple[str, Life]] = []
    silence = 2.0 * beat

    async def lead(name: str, kind: Kind, number: int) -> None:
        rng = random.Random(f"{name}/{number}")
        hidden = max(0.0, seconds - 2 * silence)
        # All begin early enough that the longest is over by the end.
        if name == "tab hidden":
            begins = rng.uniform(0, silence)
        else:
            begins = rng.uniform(0, max(1.0, seconds - 6 * silence))
        await asyncio.sleep(begins)
        life = Life(url, SITE, beat, hidden, rng)
        lives.append((name, life))
        await kind(life)

    await asyncio.gather(
        *(lead(name, kind, number) for name, kind in KINDS.items() for number in range(copies))
    )
    await asyncio.sleep(silence + 2)
    for _, life in lives:
        await asyncio.gather(*life.tally.sending, return_exceptions=True)
        await life.line.close()
    return lives
