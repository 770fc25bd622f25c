"""The filters of the live page: native, kept in the address, handed to the component."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import streamlit as st

from dashboards.texts import Language, say

DURATIONS = {
    "<1min": "filter.lt1",
    "1-5min": "filter.1to5",
    "5-15min": "filter.5to15",
    ">15min": "filter.gt15",
}
_FIELDS = ("q", "country", "page_url", "duration")
_LONGEST = 200


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


def draw(language: Language, seen: Facets) -> Filters:
    """Draw the row and return what is chosen. The address follows, and is followed on a load."""
    for name in _FIELDS:
        if _key(name) not in st.session_state:
            st.session_state[_key(name)] = st.query_params.get(name, "")[:_LONGEST]
    if st.session_state[_key("duration")] not in DURATIONS:
        st.session_state[_key("duration")] = ""
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            say(language, "filter.search"),
            placeholder=say(language, "filter.search"),
            key=_key("q"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        countries = dict(sorted(seen.countries.items(), key=lambda item: item[1]))
        _choice(language, "country", "filter.country", countries, "filter.all_countries")
        pages = {page: page for page in seen.pages}
        _choice(language, "page_url", "filter.page", pages, "filter.all_pages")
        durations = {code: say(language, key) for code, key in DURATIONS.items()}
        _choice(language, "duration", "filter.duration", durations, "filter.all_durations")
        chosen = Filters(
            *(str(st.session_state[_key(name)]).strip()[:_LONGEST] for name in _FIELDS)
        )
        if chosen.any():
            st.button(
                say(language, "filter.clear"), key="filters_clear", type="tertiary", on_click=clear
            )
    for name, value in asdict(chosen).items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    return chosen


def clear() -> None:
    """Take everything. For use as a callback, before the row is drawn."""
    for name in _FIELDS:
        st.session_state[_key(name)] = ""


def _choice(
    language: Language, name: str, label: str, options: dict[str, str], everything: str
) -> None:
    chosen = st.session_state[_key(name)]
    names = {"": say(language, label), **options}
    if chosen not in names:
        names[chosen] = chosen
    st.selectbox(
        say(language, everything),
        list(names),
        format_func=lambda code: names.get(code, code),
        key=_key(name),
        label_visibility="collapsed",
        required=True,
    )


def _key(name: str) -> str:
    return f"filter {name}"
