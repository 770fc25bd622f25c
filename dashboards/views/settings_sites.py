"""Settings of the site: what it is, what its pages carry, what is kept, how messages look."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from dashboards import settings_page
from dashboards.plain import plain
from dashboards.shell import Shell, current

_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "sites.title", "sites.below")
    path = f"sites/{shell.site.site_key}"
    site = settings_page.read(shell, lambda: shell.api.read(path)["data"])
    with st.container(key="narrow_sites"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(plain(site["name"]), anchor=False)
            if st.button(shell.say("sites.new"), key="site_new", icon=":material/add:"):
                _new_site(shell)
        parts = ("sites.general", "sites.tracking", "sites.chat", "sites.keys")
        general, tracking, chat, keys = st.tabs([shell.say(part) for part in parts])
        with general:
            _general(shell, site)
            _removal(shell, site)
        with tracking:
            _tracking(shell, site)
        with chat:
            _chat(shell, site)
        with keys:
            _keys(shell, site)
            _secret(shell, site)


def _save(shell: Shell, site: dict[str, Any], wanted: dict[str, Any]) -> None:
    path = f"sites/{site['site_key']}"
    if settings_page.done(shell, lambda: shell.api.change("PATCH", path, wanted)) is not None:
        settings_page.again(shell)


def _general(shell: Shell, site: dict[str, Any]) -> None:
    say, zones = shell.say, sorted(available_timezones())
    with st.form(f"general {site['site_key']}", enter_to_submit=False):
        name = st.text_input(say("sites.name"), site["name"], max_chars=100)
        domains = st.text_area(
            say("sites.domains"),
            "\n".join(site["domains"]),
            help=say("sites.domains_hint"),
            placeholder="shop.example\n*.shop.example",
            height=110,
        )
        loopback = st.checkbox(
            say("sites.loopback"), site["loopback"], help=say("sites.loopback_hint")
        )
        zone = st.selectbox(
            say("sites.timezone"), zones, zones.index(site["timezone"]), help=say("sites.zone_hint")
        )
        if st.form_submit_button(say("settings.save"), type="primary"):
            wanted = {
                "name": name.strip(),
                "domains": [line.strip() for line in domains.splitlines() if line.strip()],
                "loopback": loopback,
                "timezone": zone,
            }
            _save(shell, site, wanted)


def _tracking(shell: Shell, site: dict[str, Any]) -> None:
    say = shell.say
    with st.form(f"tracking {site['site_key']}", enter_to_submit=False):
        heartbeat = st.slider(
            say("sites.heartbeat"),
            10,
            60,
            site["heartbeat_seconds"],
            5,
            help=say("sites.beat_hint"),
        )
        days = st.number_input(
            say("sites.retention"), 1, 3650, site["retention_days"], help=say("sites.days_hint")
        )
        consent = st.radio(
            say("sites.consent"),
            ("none", "required"),
            ("none", "required").index(site["consent"]),
            format_func=lambda mode: say(f"sites.consent_{mode}"),
        )
        notice = st.text_input(
            say("sites.notice"), site["privacy_notice"], max_chars=300, help=say("sites.note_hint")
        )
        address = st.text_input(
            say("sites.privacy_url"), site["privacy_url"], max_chars=500, placeholder="https://"
        )
        if st.form_submit_button(say("settings.save"), type="primary"):
            wanted = {
                "heartbeat_seconds": heartbeat,
                "retention_days": int(days),
                "consent": consent,
                "privacy_notice": notice.strip(),
                "privacy_url": address.strip(),
            }
            _save(shell, site, wanted)


def _chat(shell: Shell, site: dict[str, Any]) -> None:
    say, chat = shell.say, site["chat"]
    with st.form(f"chat {site['site_key']}", enter_to_submit=False):
        enabled = st.toggle(say("sites.chat_on"), chat["enabled"])
        launcher = st.toggle(say("sites.launcher"), chat["launcher"], help=say("sites.launch_hint"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            colour = st.color_picker(say("sites.colour"), chat["colour"])
            side = st.radio(
                say("sites.side"),
                ("right", "left"),
                ("right", "left").index(chat["side"]),
                format_func=lambda side: say(f"sites.side_{side}"),
                horizontal=True,
            )
        title = st.text_input(
            say("sites.chat_title"), chat["title"], max_chars=60, placeholder=site["name"]
        )
        greeting = st.text_input(say("sites.greeting"), chat["greeting"], max_chars=300)
        bot = st.text_input(say("sites.bot_name"), chat["bot_name"], max_chars=60)
        st.html(_look(colour, greeting or say("sites.sample")))
        if st.form_submit_button(say("settings.save"), type="primary"):
            wanted = {
                "enabled": enabled,
                "launcher": launcher,
                "colour": colour,
                "side": side,
                "title": title.strip(),
                "greeting": greeting.strip(),
                "bot_name": bot.strip(),
            }
            _save(shell, site, {"chat": wanted})


def _look(colour: str, text: str) -> str:
    """Return a message in the site's colour, with the ink that reads better on it."""
    known = colour if _HEX.fullmatch(colour) else "#4f46e5"
    red, green, blue = (int(known[at : at + 2], 16) for at in (1, 3, 5))
    ink = "#111827" if 0.299 * red + 0.587 * green + 0.114 * blue > 150 else "#ffffff"
    style = f"--look: {known}; --look-ink: {ink}"
    return f'<div class="hz-look" style="{style}"><span dir="auto">{escape(text)}</span></div>'


def _keys(shell: Shell, site: dict[str, Any]) -> None:
    say, path = shell.say, f"sites/{site['site_key']}/keys"
    st.markdown(f"**{plain(say('sites.snippet'))}**")
    st.code(site["snippet"], language=None, wrap_lines=True)
    st.caption(say("sites.keys_hint"))
    for at, key in enumerate(site["keys"]):
        with st.container(key=f"line_key_{at}", horizontal=True, vertical_alignment="center"):
            which = say("sites.key_first") if at == 0 else say("sites.key_old")
            st.html(f'<p class="hz-line"><b>{escape(key)}</b><small>{escape(which)}</small></p>')
            if len(site["keys"]) > 1 and st.button(say("sites.key_remove"), key=f"key {key}"):
                _sure(shell, say("sites.key_sure"), "DELETE", f"{path}/{key}")
    if st.button(say("sites.key_new"), key="key_new", icon=":material/autorenew:"):
        made = settings_page.done(shell, lambda: shell.api.change("POST", path))
        if made is not None:
            settings_page.again(shell, "sites.key_made")


def _secret(shell: Shell, site: dict[str, Any]) -> None:
    say = shell.say
    st.markdown(f"**{plain(say('sites.identity'))}**")
    st.caption(say("sites.identity_hint"))
    secret = site.get("identity_secret")
    if secret:
        with st.expander(say("sites.secret_show")):
            st.code(secret, language=None, wrap_lines=True)
    label = "sites.secret_renew" if secret else "sites.secret_make"
    if st.button(say(label), key="secret_make", icon=":material/key:"):
        path = f"sites/{site['site_key']}/identity-secret"
        if secret:
            _sure(shell, say("sites.secret_sure"), "POST", path)
        elif settings_page.done(shell, lambda: shell.api.change("POST", path)) is not None:
            settings_page.again(shell, "sites.secret_made")


def _removal(shell: Shell, site: dict[str, Any]) -> None:
    if len(shell.person.sites) > 1 and st.button(
        shell.say("sites.remove"), key="site_remove", type="tertiary", icon=":material/delete:"
    ):
        path = f"sites/{site['site_key']}"
        _sure(shell, shell.say("sites.remove_sure"), "DELETE", path, leaves=True)


def _sure(shell: Shell, question: str, method: str, path: str, *, leaves: bool = False) -> None:
    """Ask before something that cannot be taken back, then do it."""

    @st.dialog(shell.say("settings.sure"))
    def ask() -> None:
        st.write(plain(question, 400))
        with st.container(horizontal=True):
            if st.button(shell.say("settings.cancel"), key="sure_no"):
                st.rerun()
            if not st.button(shell.say("settings.yes"), key="sure_yes", type="primary"):
                return
        if settings_page.done(shell, lambda: shell.api.change(method, path)) is not None:
            if leaves:
                del st.query_params["site"]
            settings_page.again(shell)

    ask()


def _new_site(shell: Shell) -> None:
    say = shell.say

    @st.dialog(say("sites.new"))
    def ask() -> None:
        name = st.text_input(say("sites.name"), max_chars=100)
        key = st.text_input(say("sites.key"), max_chars=40, help=say("sites.key_hint"))
        domain = st.text_input(say("sites.domain"), placeholder="shop.example", max_chars=253)
        if not st.button(say("sites.make"), key="site_make", type="primary"):
            return
        if not name.strip() or not _KEY.fullmatch(key.strip()):
            st.error(say("sites.bad_new"), icon=":material/error:")
            return
        new = {
            "name": name.strip(),
            "site_key": key.strip(),
            "domains": [domain.strip()] if domain.strip() else [],
            "timezone": shell.site.timezone,
        }
        if settings_page.done(shell, lambda: shell.api.change("POST", "sites", new)) is not None:
            st.query_params["site"] = key.strip()
            settings_page.again(shell, "sites.made")

    ask()


_draw(current())
