"""What stands around every page: word mark, site, menu, account. Knows who asks for what."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import cast

import streamlit as st

from dashboards import client, filters
from dashboards.client import Api, Person, Site
from dashboards.components import mount
from dashboards.texts import LANGUAGES, Language, choose_language, say

LANGUAGE_COOKIE = "hozir_lang"
_HERE = Path(__file__).parent
_STATE = "shell"


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
    kept = st.context.cookies.get(LANGUAGE_COOKIE)
    try:
        person = api.person()
    except client.SignedOut:
        mount.part("browser", "browser", {"leave": "/sign-in"})
        st.stop()
    except client.NoAnswer:
        st.error(say(choose_language(asked, kept), "shell.no_answer"), icon=":material/cloud_off:")
        st.stop()
    language = choose_language(asked, kept, person.language)
    if not person.sites:
        st.info(say(language, "shell.no_sites"), icon=":material/language:")
        st.stop()
    shell = Shell(api, person, _site(person.sites), language)
    st.session_state[_STATE] = shell
    return shell


@dataclass(frozen=True)
class Link:
    """A page in the menu."""

    path: str
    title: str
    """Key of its text."""
    icon: str
    url_path: str = ""


def draw(shell: Shell, links: list[Link], here: str) -> None:
    """Draw the side bar. `here` is the `url_path` of the page that is shown."""
    st.logo(str(_HERE / "static" / "logo.svg"), size="medium")
    with st.sidebar:
        _site_switch(shell)
        with st.container(key="menu", gap=None):
            st.html(f'<p class="hz-group">{escape(shell.say("shell.now"))}</p>')
            for link in links:
                _menu_item(shell, link, link.url_path == here)
        _account(shell)


def _menu_item(shell: Shell, link: Link, is_here: bool) -> None:
    name = Path(link.path).stem
    with st.container(key=f"here_{name}" if is_here else f"there_{name}"):
        st.page_link(
            link.path,
            label=shell.say(link.title),
            icon=link.icon,
            width="stretch",
            query_params={"site": shell.site.site_key, "lang": shell.language},
        )


def _site(sites: list[Site]) -> Site:
    wanted = st.query_params.get("site")
    return next((site for site in sites if site.site_key == wanted), sites[0])


def _site_switch(shell: Shell) -> None:
    sites = {site.site_key: site for site in shell.person.sites}
    with st.container(key="site", gap=None):
        if len(sites) == 1:
            st.html(_badge(shell.site.name, _below(shell, shell.site)))
            return

        def switch() -> None:
            filters.clear()
            st.query_params.clear()
            st.query_params["lang"] = shell.language
            st.query_params["site"] = st.session_state["site_switch"]

        keys = list(sites)
        st.selectbox(
            shell.say("shell.site"),
            keys,
            index=keys.index(shell.site.site_key),
            format_func=lambda key: sites[key].name,
            key="site_switch",
            on_change=switch,
            label_visibility="collapsed",
            required=True,
        )
        st.html(f'<p class="hz-below">{escape(_below(shell, shell.site))}</p>')


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


def _account(shell: Shell) -> None:
    person = shell.person
    name = person.name or person.email
    role = shell.say(f"role.{person.role}")
    with st.container(key="account", horizontal=True, vertical_alignment="center", gap=None):
        st.html(_badge(name, role))
        with st.popover("", icon=":material/more_horiz:", help=shell.say("shell.account")):
            st.html(_badge(name, person.email))
            _language_switch(shell)
            st.caption(shell.say("shell.theme_hint"))
            left = st.button(shell.say("shell.sign_out"), key="sign_out", icon=":material/logout:")
    mount.part("browser", "browser", {"language": shell.language, "sign_out": left})


def _language_switch(shell: Shell) -> None:
    def switch() -> None:
        st.query_params["lang"] = st.session_state["language_switch"]

    st.segmented_control(
        shell.say("shell.language"),
        list(LANGUAGES),
        default=shell.language,
        format_func=lambda language: LANGUAGES[language],
        key="language_switch",
        on_change=switch,
        required=True,
        width="stretch",
    )
