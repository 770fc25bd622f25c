"""The filters of the live page: native, kept in the address, handed to the component.

The address and the row follow each other: what is chosen goes into the address, and an address
that changed by itself, as by a step back, sets what is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import streamlit as st

from dashboards.texts import Language, say

DURATIONS = {
    "<1min": "filter.lt1",
    "1-5min": "filter.1to5",
    "5-15min": "filter.5to15",
    ">15min": "filter.gt15",
}
TABS = ("online", "offline", "all")
TAB = "tab"
"""Parameter of the address: which list is shown; none for the first."""
_EVERYTHING = {
    "country": "filter.all_countries",
    "page_url": "filter.all_pages",
    "duration": "filter.all_durations",
}
"""What a select is called, by its filter."""
_FIELDS = ("q", "country", "page_url", "duration")
_LONGEST = 200
_WRITTEN = "filters written"
_PREFIX = "filter "


@dataclass(frozen=True)
class Filters:
    """What is asked for; empty takes all."""

    q: str = ""
    country: str = ""
    page_url: str = ""
    duration: str = ""

    def any(self) -> bool:
        """Tell whether anything is filtered."""
        return any(asdict(self).values())


@dataclass
class Facets:
    """What visitors of this browser session offered to choose from."""

    countries: dict[str, str] = field(default_factory=dict)
    """Name by code, in the language of the screen."""
    pages: list[str] = field(default_factory=list)
    """Paths, the most read first."""


def facets(site_key: str, language: Language) -> Facets:
    """Return what was seen on a site so far, with names in a language."""
    found: Facets = st.session_state.setdefault(f"facets {language} {site_key}", Facets())
    return found


def learn(site_key: str, language: Language, told: object) -> None:
    """Take in what the component saw. It comes from a browser, so every part is checked."""
    if not isinstance(told, dict):
        return
    seen = facets(site_key, language)
    countries, pages = told.get("countries"), told.get("pages")
    if isinstance(countries, dict):
        seen.countries |= {
            str(code)[:2]: str(name)[:80] for code, name in list(countries.items())[:300]
        }
    if isinstance(pages, list):
        seen.pages = [str(page)[:_LONGEST] for page in pages[:50]]


def tab() -> str:
    """Return the list that the address asks for."""
    asked = st.query_params.get(TAB, "")
    return asked if asked in TABS else TABS[0]


def turn_to(tab: object) -> None:
    """Write into the address which list is shown. It comes from a browser."""
    if tab == TABS[0]:
        write_address({}, (TAB,))
    elif tab in TABS:
        write_address({TAB: str(tab)})


def offered(language: Language, seen: Facets) -> dict[str, dict[str, str]]:
    """Return what each select offers, without what stands in the address: name by value."""
    countries = dict(sorted(seen.countries.items(), key=lambda item: item[1]))
    durations = {code: say(language, key) for code, key in DURATIONS.items()}
    return {
        "country": {"": say(language, "filter.country"), **countries},
        "page_url": {"": say(language, "filter.page"), **{page: page for page in seen.pages}},
        "duration": {"": say(language, "filter.duration"), **durations},
    }


def draw(language: Language, seen: Facets) -> Filters:
    """Draw the row and return what is chosen."""
    asked = {name: st.query_params.get(name, "")[:_LONGEST] for name in _FIELDS}
    moved = asked != st.session_state.get(_WRITTEN)
    keys = {name: _key(name, language) for name in _FIELDS}
    for name, value in asked.items():
        if moved or keys[name] not in st.session_state:
            st.session_state[keys[name]] = value
    if st.session_state[keys["duration"]] not in DURATIONS:
        st.session_state[keys["duration"]] = ""
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            say(language, "filter.search"),
            placeholder=say(language, "filter.search"),
            key=keys["q"],
            icon=":material/search:",
            label_visibility="collapsed",
            live=True,
        )
        for name, names in offered(language, seen).items():
            _choice(language, name, names)
        chosen = Filters(
            *(str(st.session_state[keys[name]]).strip()[:_LONGEST] for name in _FIELDS)
        )
        if chosen.any():
            st.button(
                say(language, "filter.clear"), key="filters_clear", type="tertiary", on_click=clear
            )
    told = asdict(chosen)
    st.session_state[_WRITTEN] = told
    write_address({name: value for name, value in told.items() if value}, _FIELDS)
    return chosen


def clear() -> None:
    """Take everything. For use as a callback, before the row is drawn."""
    for key in [str(key) for key in st.session_state if str(key).startswith(_PREFIX)]:
        st.session_state[key] = ""


def write_address(values: dict[str, str], without: Iterable[str] = ()) -> None:
    """Put values into the address, after taking others out: one step to go back, or none."""
    before = st.query_params.to_dict()
    after = {name: value for name, value in before.items() if name not in set(without)} | values
    if after != before:
        st.query_params.from_dict(after)


def _choice(language: Language, name: str, names: dict[str, str]) -> None:
    chosen = st.session_state[_key(name, language)]
    if chosen not in names:
        names[chosen] = chosen
    st.selectbox(
        say(language, _EVERYTHING[name]),
        list(names),
        format_func=lambda code: names.get(code, code),
        key=_key(name, language),
        label_visibility="collapsed",
        required=True,
    )


def _key(name: str, language: Language) -> str:
    # The browser keeps a choice by its label, which another language does not have.
    return f"{_PREFIX}{name}" if name == "q" else f"{_PREFIX}{name} {language}"
