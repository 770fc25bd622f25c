"""The map: where the visitors are now, from the world down to one of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import streamlit as st

from dashboards import client, world_map
from dashboards.client import WorldMap
from dashboards.components import mount
from dashboards.composer import open_composer
from dashboards.profile import open_profile
from dashboards.shell import Shell, current
from dashboards.texts import count, part
from dashboards.world_map import Mark, Size, Theme, View

REFRESH_SECONDS = 4.0
TOP_COUNTRIES = 5
_STYLE = Path(__file__).parent.parent / "static" / "map.css"
_PICKED, _CLICKED, _CLOSED, _VIEW = "map picked", "map clicked", "map closed", "map view"
_CONTROLS, _SIZE = "controls of map", "map size"


def _draw(shell: Shell) -> None:
    st.html(_STYLE)
    shared = _shared(shell)
    told = mount.part("map_head", "head of map", shared, on_list_change=lambda: None)
    if told.list:
        st.switch_page("views/live.py", query_params=_address(shell))
    with st.container(key="map_page"):
        with st.container(key="map_box"):
            _map(shell, shared)
        chosen = mount.part("activity", "activity", shared, on_select_change=lambda: None)
    if chosen.select:
        open_profile(str(chosen.select))


@st.fragment(run_every=REFRESH_SECONDS)
def _map(shell: Shell, shared: dict[str, Any]) -> None:
    country = st.query_params.get("country", "")[:2].upper()
    city = st.query_params.get("city") if country else None
    try:
        told = shell.api.world_map(shell.site.site_key, country, city, shell.language)
        today = shell.api.visitors_today(shell.site.site_key)
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        return
    marks = _marks(shell, told, city is not None)
    path = _path(shell, told, country, city)
    with st.container(key="map_controls"):
        acted = mount.part(
            "map_controls",
            _CONTROLS,
            {**shared, "path": path, "size": asdict(st.session_state.get(_SIZE, world_map.USUAL))},
            on_up_change=lambda: None,
            on_fit_change=lambda: None,
            on_size_change=_measure,
        )
    if _SIZE not in st.session_state:
        # The browser says in a moment how much room there is: what is drawn before would jump.
        st.session_state[_SIZE] = world_map.USUAL
        return
    size = st.session_state[_SIZE]
    if acted.fit or acted.up is not None:
        _go(shell, "" if acted.fit else str(acted.up))
    event = st.pydeck_chart(
        world_map.deck(marks, _view(marks, told, country, city, size), _theme()),
        # Another level is another chart: a selection would go on dimming what it no longer has.
        key=f"map {country} {city} {st.session_state.get('map turn', 0)}",
        on_select="rerun",
        selection_mode="single-object",
        height=size.height,
        alt=shell.say("map.alt"),
    )
    picked = event.selection.objects.get("marks")
    key = str(picked[0]["key"]) if picked else ""
    if key != st.session_state.get(_CLOSED):
        st.session_state.pop(_CLOSED, None)
        _click(shell, key, told)
    with st.container(key="map_stats"):
        countries = told.countries[:TOP_COUNTRIES]
        opened = mount.part(
            "map_stats",
            "stats of map",
            {**shared, "today": today, "countries": countries},
            on_country_change=lambda: None,
        )
    if opened.country:
        _go(shell, str(opened.country))
    _popup(shell, shared)
    st.html(_credit(shell, told))


def _popup(shell: Shell, shared: dict[str, Any]) -> None:
    visitor_id = st.session_state.get(_CLICKED)
    if not visitor_id:
        return
    visitor = shell.api.visitor(shell.site.site_key, visitor_id, shell.language)
    if visitor is None:
        del st.session_state[_CLICKED]
        return
    may_write = "send_messages" in shell.person.may
    with st.container(key="map_popup"):
        told = mount.part(
            "map_popup",
            f"popup {visitor_id}",
            {**shared, "visitor": visitor, "may_write": may_write},
            on_select_change=lambda: None,
            on_write_change=lambda: None,
            on_close_change=_close,
        )
    # What is open over the page is drawn around the whole of it, not with this part.
    if told.select:
        open_profile(visitor_id)
        st.rerun()
    elif told.write:
        open_composer(visitor_id)
        st.rerun()


def _measure() -> None:
    """Take over the size that the browser found for the map."""
    told = world_map.size_told(st.session_state[_CONTROLS].get("size"))
    if told:
        st.session_state[_SIZE] = told


def _close() -> None:
    """Close the popup, and keep it closed while the map still holds the choice."""
    st.session_state.pop(_CLICKED, None)
    st.session_state[_CLOSED] = st.session_state.get(_PICKED)


def _click(shell: Shell, key: str, told: WorldMap) -> None:
    """Open what was clicked: a person's popup, or the next level down."""
    st.session_state[_PICKED] = key
    if key.startswith("v_"):
        st.session_state[_CLICKED] = key
        return
    place = next((place for place in told.places if place["key"] == key), None)
    if place is None:
        return
    if place["visitor_id"]:
        st.session_state[_CLICKED] = place["visitor_id"]
    elif place["online"]:
        _go(shell, key)


def _go(shell: Shell, key: str) -> None:
    """Show another level: empty the world, `UZ` a country, `UZ/Tashkent` a city."""
    country, has_city, city = key.partition("/")
    for name, value in (("country", country), ("city", city if has_city else None)):
        if value is not None and (value or name == "city"):
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.session_state.pop(_CLICKED, None)
    st.session_state.pop(_VIEW, None)
    st.session_state["map turn"] = st.session_state.get("map turn", 0) + 1
    st.rerun()


def _marks(shell: Shell, told: WorldMap, one_by_one: bool) -> list[Mark]:
    if one_by_one and told.places:
        point = _point(told.places[0])
        spots = world_map.spread(point, len(told.visitors))
        return [
            Mark(
                key=visitor["id"],
                point=spot,
                online=1,
                offline=0,
                presence=visitor["presence"],
                title=_name(shell, visitor),
                line=(visitor["current_page"] or {}).get("url") or "",
            )
            # By id: who stays keeps the place on the map while others come and go.
            for visitor, spot in zip(
                sorted(told.visitors, key=lambda one: str(one["id"])), spots, strict=True
            )
        ]
    return [
        Mark(
            key=place["key"],
            point=_point(place),
            online=place["online"],
            offline=place["offline"],
            presence="away" if place["away"] else "active",
            title=_place_name(shell, place),
            line=_line(shell, place),
            named=place["key"] != place["country_code"] and place["online"] > 1,
        )
        for place in told.places
    ]


def _view(marks: list[Mark], told: WorldMap, country: str, city: str | None, size: Size) -> View:
    """Return where to look: once for each level and size, so that no update moves the map."""
    kept = st.session_state.get(_VIEW)
    if kept and kept[0] == (country, city, size):
        return cast("View", kept[1])
    if city is not None and told.places:
        view = world_map.around(_point(told.places[0]), len(told.visitors), size)
    else:
        view = world_map.fit((mark.point for mark in marks if mark.online or country), size)
    st.session_state[_VIEW] = ((country, city, size), view)
    return view


def _path(shell: Shell, told: WorldMap, country: str, city: str | None) -> list[dict[str, str]]:
    """Return the levels from the world down to what is shown, each with its name."""
    path = [{"name": shell.say("map.world"), "up": ""}]
    if country:
        named = next((place["country"] for place in told.places), None) or next(
            (one["country"] for one in told.countries if one["country_code"] == country), country
        )
        path.append({"name": str(named), "up": country})
    if city is not None:
        path.append({"name": city or shell.say("map.elsewhere"), "up": f"{country}/{city}"})
    return path


def _point(place: dict[str, Any]) -> tuple[float, float]:
    latitude, longitude = place["coordinates"]
    return float(latitude), float(longitude)


def _name(shell: Shell, visitor: dict[str, Any]) -> str:
    name = visitor["name"] or visitor["email"]
    return str(name or shell.say("live.anonymous").replace("{n}", str(visitor["number"])))


def _place_name(shell: Shell, place: dict[str, Any]) -> str:
    if place["key"] == place["country_code"]:
        return str(place["country"])
    return str(place["city"] or shell.say("map.elsewhere"))


def _line(shell: Shell, place: dict[str, Any]) -> str:
    told = []
    if place["online"]:
        told.append(count(shell.language, "map.tip_online", place["online"]))
    if place["offline"]:
        told.append(count(shell.language, "map.tip_offline", place["offline"]))
    return " · ".join(told)


def _credit(shell: Shell, told: WorldMap) -> str:
    notes = []
    if told.meta.get("unplaced"):
        notes.append(count(shell.language, "map.unplaced", told.meta["unplaced"]))
    if told.places and (hidden := told.places[0]["online"] - len(told.visitors)) > 0:
        notes += [count(shell.language, "map.more", hidden)] if told.visitors else []
    notes.append(
        f'{shell.say("map.places")}: <a href="https://db-ip.com" target="_blank" rel="noopener">'
        f"IP Geolocation by DB-IP</a> · {shell.say('map.borders')}"
    )
    return f'<p class="hz-credit">{" · ".join(notes)}</p>'


def _theme() -> Theme:
    return "dark" if st.context.theme.type == "dark" else "light"


def _address(shell: Shell) -> dict[str, str]:
    address = {"site": shell.site.site_key, "lang": shell.language}
    if country := st.query_params.get("country"):
        address["country"] = country
    return address


def _shared(shell: Shell) -> dict[str, Any]:
    return {
        "language": shell.language,
        "text": part(shell.language, "live.", "map."),
        "site": {"key": shell.site.site_key, "zone": shell.site.timezone},
    }


_draw(current())
