"""What stands around every page: word mark, site, menu, account. Knows who asks for what."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, cast

import streamlit as st

from dashboards import client, filters
from dashboards.client import Api, Person, Site
from dashboards.components import mount
from dashboards.texts import LANGUAGES, Language, choose_language, part, say

LANGUAGE_COOKIE = "hozir_lang"
_HERE = Path(__file__).parent
_STATE = "shell"
_GROUPS = {"now": "shell.now", "over_time": "shell.over_time", "set_up": "shell.set_up"}
"""Groups of the menu, in order, with the keys of their names."""
PERIOD = ("range", "from", "to", "compare")
"""Parameters of the address that say which period is looked at."""
_BELOW = 5
"""Pages at the foot of a phone's screen."""
_NO_SITE = Site("", "")
"""Stands in for one while somebody who may see none yet chooses a password."""


@dataclass(frozen=True)
class Shell:
    """The person, the site that they look at, and their language."""

    api: Api
    person: Person
    site: Site
    language: Language

    def say(self, key: str) -> str:
        """Return a text in the language of the person."""
        return say(self.language, key)


def current() -> Shell:
    """Return the shell that `open_shell` made in this run."""
    return cast("Shell", st.session_state[_STATE])


def open_shell() -> Shell:
    """Find out who asks, for which site, in which language. Stops the run where nobody may go."""
    st.set_page_config(page_title="Hozir", page_icon=str(_HERE / "static/icon.svg"), layout="wide")
    st.html(_HERE / "static" / "shell.css")
    api = client.connect()
    asked = st.query_params.get("lang")
    elsewhere = (st.context.cookies.get(LANGUAGE_COOKIE), *_spoken())
    try:
        person = api.person()
    except client.SignedOut:
        mount.part("browser", "browser", {"leave": "/sign-in"})
        st.stop()
    except client.NoAnswer:
        st.error(
            say(choose_language(asked, *elsewhere), "shell.no_answer"), icon=":material/cloud_off:"
        )
        st.stop()
    language = choose_language(asked, person.language, *elsewhere)
    if not person.sites and not person.must_change_password:
        st.info(say(language, "shell.no_sites"), icon=":material/language:")
        st.stop()
    shell = Shell(api, person, _site(person.sites) if person.sites else _NO_SITE, language)
    st.session_state[_STATE] = shell
    return shell


def _spoken() -> list[str]:
    """Return the languages that the browser asks for, as it orders them."""
    asked = st.context.headers.get("Accept-Language") or ""
    return [one.partition(";")[0].strip() for one in asked.split(",")]


@dataclass(frozen=True)
class Link:
    """A page, and where in the menu it stands."""

    path: str
    title: str
    """Key of its text."""
    icon: str
    group: str
    """One of the menu's, or another for a page that the menu leaves out."""
    may: str = ""
    """The permission that opens it; none opens it to all."""
    below: bool = False
    """Whether it also stands at the foot of a phone's screen."""
    url_path: str = ""
    short: str = ""
    """Key of a shorter title, for the foot."""

    @property
    def name(self) -> str:
        """The name of its file."""
        return Path(self.path).stem


def draw(shell: Shell, links: list[Link], here: str) -> None:
    """Draw the menu and the top row. `here` is the `url_path` of the page that is shown."""
    shown = next((link for link in links if _url_path(link, links) == here), links[0])
    st.logo(str(_HERE / "static" / "logo.svg"), size="medium")
    with st.sidebar:
        if shell.person.sites:
            _site_switch(shell)
        with st.container(key="menu", gap=None):
            for group, title in _GROUPS.items():
                _menu_group(shell, title, [one for one in links if one.group == group], shown)
        _account(shell, links)
    _top(shell, links, shown)
    below = [link for link in links if link.below][:_BELOW]
    with st.container(key="bottom", horizontal=True, gap=None):
        for link in below:
            _menu_item(shell, link, link is shown, "foot_")


def _url_path(link: Link, links: list[Link]) -> str:
    return "" if link is links[0] else link.url_path or link.name


def _menu_group(shell: Shell, title: str, links: list[Link], shown: Link) -> None:
    if not links:
        return
    st.html(f'<p class="hz-group">{escape(shell.say(title))}</p>')
    for link in links:
        _menu_item(shell, link, link is shown)


def _menu_item(shell: Shell, link: Link, is_here: bool, where: str = "") -> None:
    with st.container(key=f"{where}{'here' if is_here else 'there'}_{link.name}"):
        st.page_link(
            link.path,
            label=shell.say(link.short if where and link.short else link.title),
            icon=link.icon,
            width="stretch",
            query_params=address(shell) | (_period() if link.group == "over_time" else {}),
        )


def _period() -> dict[str, str]:
    """Return the period of the address: it goes along from one page of numbers to the next."""
    return {name: st.query_params[name] for name in PERIOD if name in st.query_params}


def address(shell: Shell) -> dict[str, str]:
    """Return what every address within the screens says."""
    return {"site": shell.site.site_key, "lang": shell.language}


def _top(shell: Shell, links: list[Link], shown: Link) -> None:
    with st.container(key="top", horizontal=True, vertical_alignment="center", gap=None):
        past = shell.say("replay.not_now") if shown.name == "replay" else ""
        searched = not shell.person.must_change_password and _search_and_bell(shell, links, past)
        paths = ["", *(link.url_path or link.name for link in links)]
        mount.part(
            "tune",
            "tune",
            {**_shared(shell), "languages": LANGUAGES, "paths": paths},
            on_language_change=_speak,
        )
    if searched and shown is not links[0]:
        st.switch_page(links[0].path, query_params=address(shell))


def _search_and_bell(shell: Shell, links: list[Link], past: str) -> bool:
    """Draw what asks the API. Returns whether somebody searched.

    `past` stands in place of how many are here, on a page that does not show now.
    """
    shared = {**_shared(shell), "past": past}
    told = mount.part("top", "top_row", shared, on_search_change=lambda: None)
    words = part(shell.language, "bell.", "inbox.", "live.")
    inbox = next((link.url_path or link.name for link in links if link.name == "inbox"), "")
    mount.part("bell", "bell", {**_shared(shell), "text": words, "inbox": inbox})
    return bool(told.search)


def _speak() -> None:
    st.query_params["lang"] = choose_language(str(st.session_state["tune"].get("language")))


def _shared(shell: Shell) -> dict[str, Any]:
    """Return what every part around the page is given."""
    site = shell.site
    return {
        "language": shell.language,
        "text": part(shell.language, "shell.", "live.unit"),
        "person": str(shell.person.id),
        "site": {"key": site.site_key, "name": site.name, "zone": site.timezone},
    }


def _site(sites: list[Site]) -> Site:
    wanted = st.query_params.get("site")
    return next((site for site in sites if site.site_key == wanted), sites[0])


def _site_switch(shell: Shell) -> None:
    sites = [
        {"key": site.site_key, "name": site.name, "below": _below(shell, site)}
        for site in shell.person.sites
    ]

    def switch() -> None:
        filters.clear()
        wanted = str(st.session_state["sites"].get("site"))
        st.query_params.from_dict({"lang": shell.language, "site": wanted})

    with st.container(key="site"):
        mount.part("sites", "sites", {**_shared(shell), "sites": sites}, on_site_change=switch)


def _below(shell: Shell, site: Site) -> str:
    if site.simulated:
        return shell.say("shell.simulated")
    return site.domains[0] if site.domains else site.site_key


def _badge(name: str, below: str) -> str:
    letter = next((letter for letter in name.upper() if letter.isalnum()), "·")
    return (
        f'<div class="hz-badge"><i>{escape(letter)}</i>'
        f'<span dir="auto"><b>{escape(name)}</b><small>{escape(below)}</small></span></div>'
    )


def _account(shell: Shell, links: list[Link]) -> None:
    person = shell.person
    name = person.name or person.email
    role = shell.say(f"role.{person.role}")
    account = next((link for link in links if link.group == "account"), None)
    with st.container(key="account", horizontal=True, vertical_alignment="center", gap=None):
        st.html(_badge(name, role))
        with st.popover("", icon=":material/more_horiz:", help=shell.say("shell.account")):
            st.html(_badge(name, person.email))
            if account:
                st.page_link(
                    account.path,
                    label=shell.say("shell.password"),
                    icon=":material/key:",
                    query_params=address(shell),
                )
            left = st.button(
                shell.say("shell.sign_out"),
                key="sign_out",
                icon=":material/logout:",
                type="tertiary",
            )
    mount.part("browser", "browser", {"language": shell.language, "sign_out": left})
