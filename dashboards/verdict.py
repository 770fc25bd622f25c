"""What the health page says in words: lengths of time, the verdict, and what a step says of itself.

What comes in is the answer of `GET /api/v1/health`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboards import dates, numbers
from dashboards.shell import Shell
from dashboards.texts import count, texts

Told = Mapping[str, Any]
_MINUTE_MS = 60_000


def length(shell: Shell, ms: float | None) -> str:
    """Return a length of time, as short as it is: `1.2 ms`, `84 ms`, `5.3 s`, `2m 07s`."""
    if ms is None:
        return numbers.UNKNOWN
    if ms >= _MINUTE_MS:
        return numbers.length(shell.language, ms / 1000)
    if ms >= 1000:
        digits = 1 if ms % 1000 and ms < 10_000 else 0
        return _with(shell, "health.s", numbers.decimal(shell.language, ms / 1000, digits))
    tenths = ms < 9.95 and ms % 1
    return _with(shell, "health.ms", numbers.decimal(shell.language, ms, 1 if tenths else 0))


def share(shell: Shell, part: float | None) -> str:
    """Return a share as percent, with a tenth where it is small."""
    return numbers.value(shell.language, "share", part)


def goal_share(shell: Shell, ghosts: Told) -> str:
    """Return the share of ghosts that is the goal: a whole percent."""
    return numbers.share(shell.language, ghosts["goal"])


def moment(shell: Shell, iso: str) -> str:
    """Return a moment by the clock of the site, with its day if that is not today."""
    zone = ZoneInfo(shell.site.timezone)
    at, now = datetime.fromisoformat(iso).astimezone(zone), datetime.now(zone)
    if at.date() == now.date():
        return f"{at:%H:%M:%S}"
    return f"{dates.day(shell.language, at.date(), now.year)}, {at:%H:%M}"


def verdict(shell: Shell, told: Told) -> list[str]:
    """Return the sentences below the verdict's word."""
    said = [_of_word(shell, told)]
    letters = told["dead_letters"]
    if letters and letters["of_day"]:
        said.append(count(shell.language, "health.letters_told", letters["of_day"]))
    if not told["whole"]:
        said.append(_with(shell, "health.since", time=moment(shell, told["since"])))
    return said


def reason(shell: Shell, step: Told) -> str:
    """Return why a step is not ready."""
    return _or_itself(shell, f"health.reason_{step['reason']}", step["reason"])


def turned_away(shell: Shell, why: str) -> str:
    """Return for what the door turned something away."""
    return _or_itself(shell, f"health.away_{why}", why)


def step_name(shell: Shell, step: Told) -> str:
    """Return what a step is called."""
    return shell.say(f"health.step_{step['step']}")


def step_value(shell: Shell, step: Told) -> str:
    """Return the figure of a step: a border for the door, how far behind it is for the others."""
    if step["step"] == "door" and step.get("durable_ms") is not None:
        return _with(shell, "health.at_most", length(shell, step["durable_ms"]))
    return length(shell, step["lag_ms"])


def step_below(shell: Shell, step: Told) -> str:
    """Return what a step does, or to how many."""
    if step["step"] == "screens":
        return count(shell.language, "health.step_screens_open", step["open"])
    below = shell.say(f"health.step_{step['step']}_sub")
    return f"{below} · {step['place']}" if step["place"] else below


def size(shell: Shell, n: int) -> str:
    """Return how large something is."""
    if n < 1024:
        return _with(shell, "health.bytes", numbers.value(shell.language, "count", n))
    return _with(shell, "health.kib", numbers.decimal(shell.language, n / 1024))


def _of_word(shell: Shell, told: Told) -> str:
    found, join, leave = told["verdict"], told["join"]["p95_ms"], told["leave"]["p95_ms"]
    if found["word"] == "unknown":
        said = _with(shell, "health.unknown_since", time=moment(shell, found["since"]))
        stuck = next((one for one in told["steps"] if one["step"] == found["step"]), None)
        if stuck is None or stuck["ready"]:
            return said
        why = reason(shell, stuck)
        return f"{_with(shell, 'health.stuck', step=step_name(shell, stuck), reason=why)} {said}"
    if found["word"] == "late":
        return " ".join(_missed(shell, told, goal) for goal in found["beyond"])
    if found["word"] == "nobody":
        return shell.say("health.nobody_sub")
    if join is None and leave is None:
        return shell.say("health.silent_only")
    if leave is None:
        return _with(shell, "health.joined", join=length(shell, join))
    if join is None:
        return _with(shell, "health.left", leave=length(shell, leave))
    return _with(shell, "health.both", join=length(shell, join), leave=length(shell, leave))


def _missed(shell: Shell, told: Told, goal: str) -> str:
    if goal == "ghosts":
        ghosts = told["ghosts"]
        now, aim = share(shell, ghosts["share"]), goal_share(shell, ghosts)
    else:
        now = length(shell, told[goal]["p95_ms"])
        aim = length(shell, told[goal]["goal_ms"])
    return _with(shell, f"health.late_{goal}", now=now, goal=aim)


def _or_itself(shell: Shell, key: str, value: str) -> str:
    """Return the text for a value out of a closed set; for one newer than these texts, itself."""
    return str(texts(shell.language).get(key, value))


def _with(shell: Shell, key: str, n: str = "", **holes: str) -> str:
    told = shell.say(key)
    for name, value in ({"n": n} | holes).items():
        told = told.replace(f"{{{name}}}", value)
    return told
