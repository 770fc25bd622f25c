"""Back in time: who was online at a moment of the past, as a list and on the map."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import time as seconds_now
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import client, dates, world_map
from dashboards.components import mount
from dashboards.shell import Shell, address, current
from dashboards.texts import count, part
from dashboards.world_map import Mark, Size, Theme, View

AT = "at"
"""Parameter of the address: the moment, in UTC."""
SHOWN = 100
"""Visitors listed one by one; the rest is counted."""
BEFORE_NOW = 3_600_000
"""Which moment is shown first: so many milliseconds ago."""
NAMED = 3.0
"""The zoom from which cities on the map bear their names."""
FRESH = 60
"""Seconds for which the curve of a day that still goes on is good."""
_STYLE = Path(__file__).parent.parent / "static" / "replay.css"
_TIME = "time of replay"
_MOMENT, _ASKED, _SITE = "replay moment", "replay asked", "replay site"
_DAY, _SIZE, _SEEN = "replay day", "replay size", "replay seen"


def _draw(shell: Shell) -> None:
    st.html(_STYLE)
    _replay(shell)


@st.fragment
def _replay(shell: Shell) -> None:
    at = _moment(shell)
    day = _day(shell, at)
    told = _told(shell, at)
    shared = _shared(shell) | {
        "at": at,
        "asked": st.session_state.get(_ASKED, 0),
        "day": day,
        "told": told and {**told, "visitors": [_slim(one) for one in told["visitors"]]},
    }
    size = st.session_state.get(_SIZE)
    acted = mount.part(
        "replay_time",
        _TIME,
        {**shared, "size": size and {"width": size.width, "height": size.height}},
        on_moment_change=_move,
        on_day_change=_turn,
        on_size_change=_measure,
        on_now_change=lambda: None,
    )
    if acted.now:
        st.switch_page("views/live.py", query_params=address(shell))
    with st.container(key="replay"):
        mount.part("replay_list", "list of replay", shared)
        with st.container(key="replay_map"):
            _map(shell, told["cities"] if told else [], day["date"])
    st.html(_credit(shell, told))


def _moment(shell: Shell) -> int:
    """Return the moment to show, in milliseconds: moved to last, or else the address's."""
    site = shell.site.site_key
    if _TIME not in st.session_state or st.session_state.get(_SITE) != site:
        # The page has just been opened. Later the browser itself keeps the address up to date.
        st.session_state[_SITE] = site
        st.session_state[_MOMENT] = _read(st.query_params.get(AT, ""))
    now = round(seconds_now() * 1000)
    wanted = st.session_state.get(_MOMENT)
    return min(now, _minute(now - BEFORE_NOW) if wanted is None else wanted)


def _read(text: str) -> int | None:
    """Return the moment that an address tells; None for none."""
    try:
        told = datetime.fromisoformat(text)
        return max(0, round(told.replace(tzinfo=told.tzinfo or UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def _minute(at: int) -> int:
    return at - at % 60_000


def _move() -> None:
    """Take over a moment that the slider tells. It comes from a browser."""
    told = st.session_state[_TIME].get("moment")
    if isinstance(told, dict) and type(told.get("at")) is int and type(told.get("turn")) is int:
        st.session_state[_MOMENT] = max(0, min(told["at"], round(seconds_now() * 1000)))
        st.session_state[_ASKED] = told["turn"]


def _turn() -> None:
    """Go to the same time of another day."""
    shell = current()
    zone = ZoneInfo(shell.site.timezone)
    try:
        day = date.fromisoformat(str(st.session_state[_TIME].get("day")))
        clock = datetime.fromtimestamp(_moment(shell) / 1000, zone).time()
        at = round(datetime.combine(day, clock, zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return
    st.session_state[_MOMENT] = max(0, min(at, round(seconds_now() * 1000)))


def _measure() -> None:
    told = world_map.size_told(st.session_state[_TIME].get("size"))
    if told:
        st.session_state[_SIZE] = told


def _told(shell: Shell, at: int) -> dict[str, Any] | None:
    """Return who was there, None while the API does not answer."""
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat().replace("+00:00", "Z")
    site = shell.site.site_key
    try:
        return shell.api.read(f"moments/{moment}", site=site, lang=shell.language, limit=SHOWN)
    except (client.NoAnswer, client.SignedOut):
        return None


def _day(shell: Shell, at: int) -> dict[str, Any]:
    """Return the day of a moment with its curve, as the slider takes it."""
    zone = ZoneInfo(shell.site.timezone)
    wanted = datetime.fromtimestamp(at / 1000, zone).date()
    key = (shell.site.site_key, wanted)
    kept = st.session_state.get(_DAY)
    told: dict[str, Any]
    if kept and kept[0] == key and (kept[1]["over"] or seconds_now() - kept[2] < FRESH):
        told = kept[1]
    else:
        told = _curve(shell, wanted, zone)
        st.session_state[_DAY] = (key, told, seconds_now())
    this_year = datetime.now(zone).year
    return told | {
        "date": wanted.isoformat(),
        "long": dates.whole_day(shell.language, wanted),
        "short": dates.day(shell.language, wanted, this_year if wanted.year == this_year else 0),
    }


def _curve(shell: Shell, day: date, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = (
        round(datetime.combine(one, time(), zone).timestamp() * 1000)
        for one in (day, day + timedelta(days=1))
    )
    now = round(seconds_now() * 1000)
    try:
        told = shell.api.read("moments/curve", site=shell.site.site_key, day=day.isoformat())
    except (client.NoAnswer, client.SignedOut):
        none: dict[str, Any] = {"online": [], "reached": [], "peak": None, "first_day": None}
        told = none | {"last_day": day.isoformat()}
    return {
        "from": begins,
        "to": ends,
        "until": min(now, ends - 1000),
        "over": ends <= now,
        "levels": told["online"],
        "reached": told["reached"],
        "peak": told["peak"],
        "first": told["first_day"],
        "last": told["last_day"],
    }


def _slim(visitor: dict[str, Any]) -> dict[str, Any]:
    """Return what a row shows of a visitor: the rest would go over the wire at every step."""
    names = ("id", "number", "name", "email", "bot", "presence")
    page = visitor["current_page"]
    return {name: visitor[name] for name in names} | {
        "location": {"country_code": visitor["location"]["country_code"]},
        "current_page": page and {"url": page["url"]},
        "session": {"started_at": visitor["session"]["started_at"]},
        "pages": [
            {"visible_ms": one["visible_ms"], "timestamp": one["timestamp"]}
            for one in visitor["pages"]
        ],
    }


def _map(shell: Shell, cities: list[dict[str, Any]], day: str) -> None:
    size = st.session_state.get(_SIZE)
    if size is None:
        # The browser says in a moment how much room there is: what is drawn before would jump.
        return
    points = [(float(north), float(east)) for north, east in (one["coordinates"] for one in cities)]
    view = _view(points, day, size)
    marks = [
        Mark(
            key=place["key"],
            point=point,
            online=place["online"],
            offline=0,
            presence="away" if place["away"] else "active",
            title=str(place["city"] or place["country"] or shell.say("map.elsewhere")),
            line=count(shell.language, "replay.tip", place["online"]),
            # From afar the names of neighbours lie upon each other.
            named=place["online"] > 1 and view.zoom >= NAMED,
        )
        for place, point in zip(cities, points, strict=True)
    ]
    st.pydeck_chart(
        world_map.deck(marks, view, _theme()),
        key="map of replay",
        height=size.height,
        alt=shell.say("replay.map"),
    )


def _view(points: list[tuple[float, float]], day: str, size: Size) -> View:
    """Return where to look: on all who were seen that day, so that no step moves the map alone."""
    key, seen = st.session_state.get(_SEEN, (None, frozenset()))
    if key != (day, size):
        seen = frozenset()
    seen = frozenset(seen | set(points))
    st.session_state[_SEEN] = ((day, size), seen)
    return world_map.fit(sorted(seen), size)


def _theme() -> Theme:
    return "dark" if st.context.theme.type == "dark" else "light"


def _credit(shell: Shell, told: dict[str, Any] | None) -> str:
    notes = []
    if told and told["unplaced"]:
        notes.append(count(shell.language, "map.unplaced", told["unplaced"]))
    notes.append(
        f'{shell.say("map.places")}: <a href="https://db-ip.com" target="_blank" rel="noopener">'
        f"IP Geolocation by DB-IP</a> · {shell.say('map.borders')}"
    )
    return f'<p class="hz-credit">{" · ".join(notes)}</p>'


def _shared(shell: Shell) -> dict[str, Any]:
    return {
        "language": shell.language,
        "text": part(shell.language, "live.", "replay.", "shell.no_answer"),
        "site": {"key": shell.site.site_key, "zone": shell.site.timezone},
    }


_draw(current())
