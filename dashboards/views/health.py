"""Health: is presence true? First the verdict, then what it rests on, as it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import choice, client, numbers, verdict
from dashboards.bars import bars
from dashboards.boxes import box, chart, heading
from dashboards.histogram import Bar, histogram
from dashboards.report import Column, Report
from dashboards.shell import Shell, current
from dashboards.texts import count

Told = Mapping[str, Any]
REFRESH_SECONDS = 5
WINDOWS = ("15m", "24h", "7d")
REASONS_MOST = 20
_STYLE = Path(__file__).parent.parent / "static" / "health.css"
_ICONS = {"true": "check", "late": "schedule", "unknown": "cloud_off", "nobody": "hourglass_empty"}


def _draw(shell: Shell) -> None:
    with heading(shell.say("page.health"), shell.say("health.sub")):
        named = {window: shell.say(f"health.window_{window}") for window in WINDOWS}
        window = choice.among(shell, "window", shell.say("health.window"), named)
    st.html(_STYLE)
    _now(shell, window)


@st.fragment(run_every=REFRESH_SECONDS)
def _now(shell: Shell, window: str) -> None:
    try:
        told = shell.api.read("health", window=window)["data"]
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        return
    _verdict(shell, told)
    with st.container(key="three_health"):
        _join(shell, told["join"])
        _leave(shell, told["leave"])
        _ghosts(shell, told["ghosts"], told["leave"], window)
    _steps(shell, told["steps"])
    with st.container(key="two_health"):
        _letters(shell, told["dead_letters"])
        _away(shell, told["turned_away"])


def _verdict(shell: Shell, told: Told) -> None:
    word = told["verdict"]["word"]
    said = " ".join(verdict.verdict(shell, told))
    with st.container(key="box_verdict"):
        st.html(
            f'<div class="hz-verdict hz-{word}" role="status">'
            f'<i aria-hidden="true">{_ICONS[word]}</i>'
            f"<div><h2>{escape(shell.say(f'health.{word}'))}</h2><p>{escape(said)}</p></div></div>"
        )


@contextmanager
def _tile(shell: Shell, key: str, value: str, below: str) -> Iterator[None]:
    with st.container(key=f"box_{key}", gap=None):
        st.metric(shell.say(f"health.{key}"), value, help=shell.say(f"health.{key}_help"))
        st.caption(below)
        yield


def _join(shell: Shell, join: Told) -> None:
    holes = {"goal": join["goal_ms"], "p50": join["p50_ms"], "p99": join["p99_ms"]}
    below = _filled(shell, "health.join_below" if join["visits"] else "health.no_joins", holes)
    with _tile(shell, "join", verdict.length(shell, join["p95_ms"]), below):
        if join["visits"]:
            _delays(shell, join, f"{shell.say('health.join')}: {below}")


def _leave(shell: Shell, leave: Told) -> None:
    holes = {"goal": leave["goal_ms"], "grace": leave["from_ms"]}
    below = _filled(
        shell, "health.leave_below" if leave["farewells"] else "health.no_leaves", holes
    )
    with _tile(shell, "leave", verdict.length(shell, leave["p95_ms"]), below):
        if leave["farewells"]:
            _delays(shell, leave, f"{shell.say('health.leave')}: {below}")


def _filled(shell: Shell, key: str, lengths: Mapping[str, float | None]) -> str:
    told = shell.say(key)
    for name, ms in lengths.items():
        told = told.replace(f"{{{name}}}", verdict.length(shell, ms))
    return told


def _delays(shell: Shell, told: Told, alt: str) -> None:
    """Draw where delays lie; the bar of the p95 is marked."""
    begin, step, counts = told["from_ms"], told["step_ms"], told["bars"]
    last = len(counts) - 1
    borders = [verdict.length(shell, begin + n * step) for n in range(len(counts) + 1)]
    p95 = min(last, int((told["p95_ms"] - begin) // step))

    def tip(n: int) -> str:
        most = shell.say("health.and_more").replace("{n}", borders[n])
        upto = shell.say("health.bar").replace("{from}", borders[n]).replace("{to}", borders[n + 1])
        figure = numbers.value(shell.language, "count", counts[n])
        return f"{most}: {figure}" if n == last else upto.replace("{n}", figure)

    drawn = [Bar(counts[n], tip(n), n == p95) for n in range(len(counts))]
    end = shell.say("health.and_more").replace("{n}", borders[last])
    chart(histogram(drawn, (borders[0], borders[last // 2], end)), alt)


def _ghosts(shell: Shell, told: Told, leave: Told, window: str) -> None:
    goal = verdict.goal_share(shell, told)
    if told["leaves"]:
        parts = [count(shell.language, "health.ghosts_below", told["leaves"])]
        parts += [
            count(shell.language, key, n)
            for key, n in (
                ("health.silent", leave["silent"]),
                ("health.flickers", told["flickers"]),
            )
            if n
        ]
        below = " · ".join(parts)
    else:
        below = shell.say("health.no_ghosts")
    below = below.replace("{goal}", goal)
    with _tile(shell, "ghosts", verdict.share(shell, told["share"]), below):
        if not told["leaves"]:
            return
        zone = ZoneInfo(shell.site.timezone)
        drawn = []
        for piece in told["course"]:
            at = datetime.fromisoformat(piece["at"]).astimezone(zone)
            when = f"{at:%d.%m %H:%M}" if window == "7d" else f"{at:%H:%M}"
            said = shell.say("health.piece").replace("{time}", when)
            for name in ("ghosts", "leaves"):
                said = said.replace(
                    f"{{{name}}}", numbers.value(shell.language, "count", piece[name])
                )
            part = piece["ghosts"] / piece["leaves"] if piece["leaves"] else 0
            drawn.append((when, Bar(part, said, part >= told["goal"])))
        labels = (drawn[0][0], drawn[(len(drawn) - 1) // 2][0], drawn[-1][0])
        alt = f"{shell.say('health.ghosts')}: {below}"
        chart(histogram([bar for _, bar in drawn], labels, told["goal"]), alt)


def _steps(shell: Shell, steps: list[Told]) -> None:
    lines = []
    for step in steps:
        value, below = verdict.step_value(shell, step), verdict.step_below(shell, step)
        if not step["ready"]:
            told = verdict.reason(shell, step)
            if value != numbers.UNKNOWN:
                below = f"{value} · {below}"
            value = told[:1].upper() + told[1:]
        kind = "" if step["ready"] else ' class="hz-stuck"'
        lines.append(
            f"<li{kind}><b>{escape(verdict.step_name(shell, step))}</b>"
            f"<span>{escape(value)}</span><small>{escape(below)}</small></li>"
        )
    say = shell.say
    with box(
        shell,
        "steps",
        say("health.steps"),
        help=say("health.steps_help"),
        right=say("health.steps_key"),
    ):
        st.html(f'<ol class="hz-flow">{"".join(lines)}</ol>')


def _letters(shell: Shell, told: Told | None) -> None:
    say = shell.say
    some = told["of_day"] if told else 0
    with box(
        shell,
        "letters",
        say("health.letters"),
        help=say("health.letters_help"),
        right=count(shell.language, "health.letters_of_day", some) if told else "",
    ):
        if told is None or not told["newest"]:
            st.caption(say("health.letters_none" if told else "health.letters_unknown"))
            return
        zone = ZoneInfo(shell.site.timezone)
        rows = [
            {
                say("health.at"): datetime.fromisoformat(one["at"]).astimezone(zone),
                say("health.where"): f"{one['topic']} · {one['partition']} · {one['offset']}",
                say("health.size"): verdict.size(shell, one["size"]),
                say("health.reason"): one["reason"] or numbers.UNKNOWN,
            }
            for one in told["newest"]
        ]
        st.dataframe(
            rows,
            key="dead letters",
            hide_index=True,
            width="stretch",
            height="content" if len(rows) <= 8 else 320,
            column_config={
                say("health.at"): st.column_config.DatetimeColumn(
                    format="DD.MM HH:mm:ss", timezone=shell.site.timezone, width=110
                ),
                say("health.where"): st.column_config.TextColumn(width=160),
                say("health.size"): st.column_config.TextColumn(width=80),
            },
        )


def _away(shell: Shell, told: Told | None) -> None:
    say = shell.say
    reasons = told["reasons"] if told else {}
    all_ = sum(reasons.values()) + (told["accepted"] if told else 0)
    rows = [
        {
            "reason": why,
            "reason_name": verdict.turned_away(shell, why),
            "beacons": n,
            "part": n / all_,
        }
        for why, n in reasons.items()
    ]
    columns = (
        Column("reason", "dimension"),
        Column("beacons", "metric", "count"),
        Column("part", "metric", "share"),
    )
    with box(
        shell,
        "away",
        say("health.away"),
        help=say("health.away_help"),
        right=count(shell.language, "health.away_of", all_) if told else "",
    ):
        if not rows:
            st.caption(say("health.away_none" if told else "health.away_unknown"))
        bars(
            shell,
            "away",
            Report("away", columns, tuple(rows)),
            "reason",
            ("beacons", "part"),
            most=REASONS_MOST,
            drilled=False,
        )
        if told and told["since"]:
            since = verdict.moment(shell, told["since"])
            st.caption(say("health.away_since").replace("{time}", since))


_draw(current())
