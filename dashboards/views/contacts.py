"""The contacts: people whom the team has saved, and the visitors that they are."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import client, contact_form, dialogs
from dashboards.composer import STYLE, VISITOR
from dashboards.plain import plain
from dashboards.shell import Shell, current
from dashboards.texts import count

PER_PAGE = 25
VISITORS_SHOWN = 10
_LONGEST = 200
_OPEN = "contact"
_STYLE = Path(__file__).parent.parent / "static" / "contacts.css"


def _draw(shell: Shell) -> None:
    st.html(_STYLE)
    q, page = _asked()
    try:
        found, total = shell.api.contacts(shell.site.site_key, q, page, PER_PAGE)
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        return
    _head(shell, total)
    if total or q:
        _search(shell)
    if found:
        _list(shell, found)
        _pages(shell, page, -(-total // PER_PAGE))
    else:
        _empty(shell, bool(q))
    opened = st.query_params.get(_OPEN)
    if opened:
        _open(shell, opened)


def _asked() -> tuple[str, int]:
    """Return what is searched for and the page, as the address says at first."""
    q = st.session_state.setdefault("contacts q", st.query_params.get("q", "")[:_LONGEST])
    text = st.query_params.get("page", "1")
    return str(q).strip(), max(1, int(text[:6])) if text.isdecimal() else 1


def _head(shell: Shell, total: int) -> None:
    with st.container(key="contacts_head", horizontal=True, vertical_alignment="center"):
        below = count(shell.language, "contacts.total", total) if total else ""
        st.html(
            f'<div class="hz-title"><h1>{escape(shell.say("contacts.title"))}</h1>'
            f"<p>{escape(below or shell.say('contacts.sub'))}</p></div>"
        )
        if "edit_contacts" in shell.person.may:
            st.button(
                shell.say("contacts.new"),
                key="contact_new",
                icon=":material/person_add:",
                on_click=_choose,
                args=("new",),
            )


def _search(shell: Shell) -> None:
    def look() -> None:
        st.query_params.pop("page", None)
        asked = st.session_state["contacts q"].strip()
        if asked:
            st.query_params["q"] = asked
        else:
            st.query_params.pop("q", None)

    st.text_input(
        shell.say("contacts.search"),
        placeholder=shell.say("contacts.search"),
        key="contacts q",
        icon=":material/search:",
        label_visibility="collapsed",
        max_chars=_LONGEST,
        on_change=look,
        width=360,
    )


def _list(shell: Shell, found: list[dict[str, Any]]) -> None:
    with st.container(key="contacts_list", gap=None):
        for contact in found:
            with st.container(key=f"contact_row_{contact['id']}", horizontal=True, gap=None):
                st.button(
                    plain(_name(shell, contact)),
                    key=f"contact_open_{contact['id']}",
                    type="tertiary",
                    on_click=_choose,
                    args=(contact["id"],),
                )
                st.html(_below(shell, contact))


def _below(shell: Shell, contact: dict[str, Any]) -> str:
    details = [contact.get("email"), contact.get("phone")]
    told = [f'<span dir="auto">{escape(str(each))}</span>' for each in details if each]
    if contact.get("verified"):
        told.append(f'<em class="hz-sure">{escape(shell.say("contacts.verified"))}</em>')
    return f'<p class="hz-line">{"".join(told) or "–"}</p>'


def _pages(shell: Shell, page: int, pages: int) -> None:
    if pages < 2:
        return

    def turn(to: int) -> None:
        st.query_params["page"] = str(to)

    with st.container(key="contacts_pages", horizontal=True, vertical_alignment="center"):
        st.button(
            shell.say("contacts.earlier"),
            key="contacts_earlier",
            icon=":material/chevron_left:",
            disabled=page <= 1,
            on_click=turn,
            args=(page - 1,),
        )
        text = shell.say("contacts.page_of")
        st.caption(
            text.replace("{page}", str(page)).replace("{pages}", str(pages)), width="content"
        )
        st.button(
            shell.say("contacts.later"),
            key="contacts_later",
            icon=":material/chevron_right:",
            disabled=page >= pages,
            on_click=turn,
            args=(page + 1,),
        )


def _empty(shell: Shell, searched: bool) -> None:
    def clear() -> None:
        st.session_state["contacts q"] = ""
        st.query_params.pop("q", None)
        st.query_params.pop("page", None)

    what = "contacts.no_match" if searched else "contacts.empty"
    with st.container(key="contacts_empty", border=True, horizontal_alignment="center"):
        st.html(
            f'<div class="hz-empty"><h2>{escape(shell.say(what))}</h2>'
            f"<p>{escape(shell.say(f'{what}_sub'))}</p></div>"
        )
        if searched:
            st.button(shell.say("contacts.clear"), key="contacts_clear", on_click=clear)


def _open(shell: Shell, contact_id: str) -> None:
    dialogs.note()

    @st.dialog(shell.say("contacts.one"), width=560, position="right", on_dismiss=_close)
    def panel() -> None:
        st.html(STYLE)
        contact: dict[str, Any] | None = None
        if contact_id != "new":
            try:
                contact = shell.api.contact(shell.site.site_key, contact_id)
            except (client.NoAnswer, client.SignedOut):
                st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
                return
            if contact is None:
                st.info(shell.say("contacts.gone"))
                return
            _visitors(shell, contact)
        if "edit_contacts" in shell.person.may and contact_form.draw_form(shell, contact):
            _close()
            st.rerun()
        if contact and "delete_contacts" in shell.person.may:
            _delete(shell, contact)

    panel()


def _visitors(shell: Shell, contact: dict[str, Any]) -> None:
    st.html(f'<h3 class="hz-part">{escape(shell.say("contacts.visitors"))}</h3>')
    ids: list[str] = contact.get("visitors") or []
    if not ids:
        st.caption(shell.say("contacts.no_visitors"))
    for visitor_id in ids[:VISITORS_SHOWN]:
        try:
            visitor = shell.api.visitor(shell.site.site_key, visitor_id, shell.language)
        except (client.NoAnswer, client.SignedOut):
            visitor = None
        if visitor is not None:
            _visitor(shell, visitor)
    if len(ids) > VISITORS_SHOWN:
        hidden = len(ids) - VISITORS_SHOWN
        st.caption(count(shell.language, "contacts.more_visitors", hidden))


def _visitor(shell: Shell, visitor: dict[str, Any]) -> None:
    presence = visitor["presence"]
    device = [visitor["device"].get("browser"), visitor["device"].get("os")]
    place = [visitor["location"].get("city"), visitor["location"].get("country")]
    told = ", ".join(filter(None, place))
    name = " · ".join(filter(None, device)) or f"#{visitor['number']}"
    with st.container(
        key=f"contact_visitor_{visitor['id']}", horizontal=True, vertical_alignment="center"
    ):
        st.html(
            f'<p class="hz-who"><i class="hz-dot hz-{escape(presence)}"></i>'
            f"<b>{escape(shell.say(f'contacts.presence_{presence}'))}</b>"
            f'<span dir="auto">{escape(" · ".join(filter(None, (name, told))))}</span></p>'
        )
        if st.button(
            shell.say("contacts.profile"),
            key=f"contact_profile_{visitor['id']}",
            icon=":material/person:",
        ):
            _close()
            st.query_params[VISITOR] = visitor["id"]
            st.rerun()


def _delete(shell: Shell, contact: dict[str, Any]) -> None:
    asking = f"contact asked {contact['id']}"
    if not st.session_state.get(asking):
        st.button(
            shell.say("contacts.delete"),
            key="contact_delete",
            type="tertiary",
            icon=":material/delete:",
            on_click=lambda: st.session_state.update({asking: True}),
        )
        return
    st.warning(shell.say("contacts.delete_sure"))
    with st.container(horizontal=True):
        sure = st.button(shell.say("contacts.delete_yes"), key="contact_delete_yes")
        st.button(
            shell.say("contacts.cancel"),
            key="contact_delete_no",
            type="tertiary",
            on_click=lambda: st.session_state.pop(asking, None),
        )
    if not sure:
        return
    try:
        shell.api.delete_contact(shell.site.site_key, str(contact["id"]))
    except client.Refused as refused:
        gone = refused.reason == "unknown_contact"
        st.error(shell.say("contacts.gone" if gone else "contacts.forbidden"))
        return
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("contacts.no_answer"))
        return
    st.toast(shell.say("contacts.deleted"), icon=":material/check:")
    st.session_state.pop(asking, None)
    _close()
    st.rerun()


def _name(shell: Shell, contact: dict[str, Any]) -> str:
    known = (contact.get(name) for name in ("name", "email", "phone"))
    return str(next(filter(None, known), None) or shell.say("contacts.unnamed"))


def _choose(contact_id: str) -> None:
    st.query_params[_OPEN] = contact_id


def _close() -> None:
    if _OPEN in st.query_params:
        del st.query_params[_OPEN]


_draw(current())
