"""Is presence true? How late, how wrong, where on the way, and what could not be read."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import verdict, way
from api.checkup import Looked
from api.dead_letters import Letter
from api.present import timestamp
from api.routes.answer import answer
from api.routes.deps import InHouse, may
from api.sketch import bars, percentile
from api.truth import GRACE_MS, Seen

router = APIRouter(prefix="/api/v1/health", tags=["health"])

JOIN_STEP_MS, JOIN_BARS = 25, 14
LEAVE_STEP_MS, LEAVE_BARS = 100, 16


@router.get("", dependencies=[Depends(may("see_health"))])
async def health(
    house: InHouse,
    window: Annotated[
        Literal["15m", "24h", "7d"], Query(description="How far back is looked.")
    ] = "15m",
) -> Response:
    """Return a verdict on what the screens say, of all sites together, and what it rests on.

    Measured in this process since it runs; a new start begins anew. Dead letters are told without
    their content. What another process was asked may be some seconds old.
    """
    looked = await house.checkup.look()
    seen = await run_in_threadpool(house.truth.over, window)
    figures = verdict.measured(seen.whole)
    steps = way.steps(house.loader, house.hub, looked.others)
    word = verdict.verdict(figures, steps, house.loader.behind_ms, house.hub.clock())
    return answer(
        {
            "data": {
                "window": window,
                "since": timestamp(seen.since),
                "whole": seen.since > house.truth.started,
                "verdict": dataclasses.asdict(word) | {"since": _moment(word.since)},
                **_delays(seen),
                "ghosts": _ghosts(seen, figures.ghosts),
                "steps": [_step(step) for step in steps],
                "dead_letters": _dead_letters(looked),
                "turned_away": _turned_away(looked),
            }
        }
    )


def _delays(seen: Seen) -> dict[str, Any]:
    whole = seen.whole
    return {
        "join": {
            "visits": whole.joins,
            **{f"p{n}_ms": _ms(percentile(whole.join, n / 100)) for n in (50, 95, 99)},
            "goal_ms": verdict.JOIN_GOAL_MS,
            "from_ms": 0,
            "step_ms": JOIN_STEP_MS,
            "bars": bars(whole.join, JOIN_STEP_MS, JOIN_BARS),
        },
        "leave": {
            "farewells": whole.leaves - whole.silent,
            "silent": whole.silent,
            **{f"p{n}_ms": _ms(verdict.leave_ms(whole, n / 100)) for n in (50, 95, 99)},
            "goal_ms": verdict.LEAVE_GOAL_MS,
            "from_ms": GRACE_MS,
            "step_ms": LEAVE_STEP_MS,
            "bars": bars(whole.late, LEAVE_STEP_MS, LEAVE_BARS),
        },
    }


def _ghosts(seen: Seen, share: float | None) -> dict[str, Any]:
    return {
        "leaves": seen.whole.leaves,
        "ghosts": seen.whole.ghosts,
        "share": share,
        "goal": verdict.GHOST_GOAL,
        "flickers": seen.whole.flickers,
        "course": [
            {"at": timestamp(at), "leaves": slot.leaves, "ghosts": slot.ghosts}
            for at, slot in seen.course
        ],
    }


def _step(step: way.Step) -> dict[str, Any]:
    return {
        "step": step.name,
        "place": step.place or None,
        "ready": step.ready,
        "reason": step.reason,
        "lag_ms": _ms(step.lag_ms),
        **step.more,
    }


def _dead_letters(looked: Looked) -> dict[str, Any] | None:
    if looked.letters is None:
        return None
    return {"of_day": looked.letters_of_day, "newest": [_letter(one) for one in looked.letters]}


def _letter(letter: Letter) -> dict[str, Any]:
    return dataclasses.asdict(letter) | {"at": timestamp(letter.at)}


def _turned_away(looked: Looked) -> dict[str, Any] | None:
    told = way.rejected(looked.others)
    return None if told is None else told | {"since": _moment(told["since"])}


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)


def _ms(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 1)
