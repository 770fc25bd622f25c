"""SQL: a statement over the site, what may be asked, what is kept, and the result as one likes."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from dashboards import client, settings_page
from dashboards.shell import Shell, current
from dashboards.texts import count, number

FIRST = """SELECT country_name, count(*) AS visits, count(DISTINCT visitor_id) AS visitors
FROM visitor_sessions
WHERE bot = '' OR bot IS NULL
GROUP BY country_name
ORDER BY visits DESC"""
KINDS = ("line", "bar", "area", "scatter")
NAME_LONGEST = 80
_STYLE = Path(__file__).parents[1] / "static" / "sql.css"
_TEXT, _RESULT = "sql text", "sql result"
_MOMENTS = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_MS", "TIMESTAMP_S", "TIMESTAMP_NS"}
_SAID = frozenset({"too_slow", "too_many_rows", "too_much_memory", "busy", "not_allowed"})
"""Refusals that the screen has words for; of others the database's own are shown."""


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "sql.title", "sql.below")
    st.html(_STYLE)
    st.session_state.setdefault(_TEXT, FIRST)
    desk, shelf = st.columns([3, 1], gap="large")
    with shelf:
        _views(shell)
    with desk:
        _kept(shell)
        with st.form("sql editor", border=False, enter_to_submit=True):
            text = st.text_area(
                "SQL", key=_TEXT, height=240, label_visibility="collapsed", max_chars=20_000
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                asked = st.form_submit_button(
                    shell.say("sql.run"), type="primary", icon=":material/play_arrow:"
                )
                st.caption(shell.say("sql.hint"))
        if asked and text.strip():
            st.session_state[_RESULT] = _ask(shell, text)
        _result(shell, st.session_state.get(_RESULT))


def _ask(shell: Shell, text: str) -> dict[str, Any]:
    """Return the answer, or what went wrong; with the statement and the site it is of."""
    asked = {"sql": text, "site": shell.site.site_key}
    try:
        with st.spinner(shell.say("sql.running")):
            return asked | shell.api.sql(**asked)
    except client.Refused as refused:
        said = refused.reason in _SAID
        words = shell.say(f"sql.{refused.reason}") if said else refused.message
        return asked | {"wrong": words, "own": said}
    except (client.NoAnswer, client.SignedOut):
        return asked | {"wrong": shell.say("shell.no_answer"), "own": True}


def _result(shell: Shell, told: dict[str, Any] | None) -> None:
    if told is None or told["site"] != shell.site.site_key:
        return
    if "wrong" in told:
        st.error(shell.say("sql.wrong"), icon=":material/error:")
        # The database's message shows the place by signs below each other.
        (st.caption if told["own"] else lambda words: st.code(words, language=None))(told["wrong"])
        return
    frame = _frame(told)
    facts = [count(shell.language, "sql.rows", frame.height), _seconds(shell, told["ms"])]
    if told["more"]:
        facts.insert(1, shell.say("sql.more"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(" · ".join(facts))
        if frame.height:
            _files(shell, told)
    if not frame.height:
        st.info(shell.say("sql.none"))
        return
    table, chart = st.tabs([shell.say("sql.table"), shell.say("sql.chart")])
    with table:
        st.dataframe(frame, hide_index=True, width="stretch")
    with chart:
        _chart(shell, frame)


def _seconds(shell: Shell, ms: int) -> str:
    return f"{number(shell.language, ms)} {shell.say('sql.ms')}"


def _files(shell: Shell, told: dict[str, Any]) -> None:
    """Offer the whole result; it is asked for again when somebody wants it."""

    def whole() -> pl.DataFrame:
        return pl.read_ipc_stream(io.BytesIO(shell.api.sql_stream(told["sql"], told["site"])))

    def as_csv() -> bytes:
        return _flat(whole()).write_csv().encode()

    def as_parquet() -> bytes:
        held = io.BytesIO()
        whole().write_parquet(held)
        return held.getvalue()

    for kind, make, media in (
        ("csv", as_csv, "text/csv"),
        ("parquet", as_parquet, "application/vnd.apache.parquet"),
    ):
        st.download_button(
            kind.upper() if kind == "csv" else "Parquet",
            make,
            f"hozir-sql.{kind}",
            media,
            key=f"sql {kind}",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
        )


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame that CSV can hold: lists and objects as text."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = [pl.Series(name, [str(one) for one in frame[name]]) for name in nested]
    return frame.with_columns(texts)


def _frame(told: dict[str, Any]) -> pl.DataFrame:
    names = [column["name"] for column in told["columns"]]
    frame = pl.DataFrame(
        told["rows"], schema=names, orient="row", infer_schema_length=None, strict=False
    )
    moments = [c["name"] for c in told["columns"] if c["type"] in _MOMENTS]
    return frame.with_columns(
        pl.col(name).str.to_datetime(strict=False)
        for name in moments
        if frame.schema[name] == pl.String
    )


def _chart(shell: Shell, frame: pl.DataFrame) -> None:
    say = shell.say
    measures = [name for name, kind in frame.schema.items() if kind.is_numeric()]
    if not measures:
        st.info(say("sql.no_numbers"))
        return
    others = [name for name in frame.columns if name not in measures[:1]] or measures
    with st.container(horizontal=True):
        x = st.selectbox(say("sql.x"), others, key="sql x")
        y = st.selectbox(say("sql.y"), measures, key="sql y")
        timed = frame.schema[x].is_temporal()
        kind = st.selectbox(
            say("sql.kind"),
            KINDS,
            0 if timed else 1,
            key=f"sql kind {timed}",
            format_func=lambda one: say(f"sql.kind_{one}"),
        )
    # Plain names: what stands for a column may mean something else to the chart.
    data = pl.DataFrame({"x": frame[x], "y": frame[y]})
    labels: dict[str, Any] = {"x": "x", "y": "y", "x_label": x, "y_label": y, "height": 320}
    if kind == "bar":
        # In the order of the rows, which ORDER BY has chosen.
        st.bar_chart(data, sort=timed, **labels)
    else:
        draw = {"line": st.line_chart, "area": st.area_chart, "scatter": st.scatter_chart}[kind]
        draw(data, **labels)


def _views(shell: Shell) -> None:
    st.markdown(f"**{shell.say('sql.views')}**")
    views = settings_page.read(shell, lambda: shell.api.read("sql/tables")["data"])
    for view in views:
        with st.expander(view["name"]):
            lines = "".join(
                f"<li title='{escape(column['meaning'])}'><b>{escape(column['name'])}</b>"
                f"<small>{escape(column['type'].lower())}</small>"
                f"<span>{escape(column['meaning'])}</span></li>"
                for column in view["columns"]
            )
            about = f"<p class='hz-view'>{escape(view['meaning'])}</p>"
            st.html(f"{about}<ul class='hz-columns'>{lines}</ul>")


def _kept(shell: Shell) -> None:
    say, site = shell.say, shell.site.site_key
    kept = settings_page.read(shell, lambda: shell.api.read("sql/saved", site=site)["data"])
    by_name = {one["name"]: one for one in kept}

    def take() -> None:
        chosen = by_name.get(st.session_state["sql kept"] or "")
        if chosen:
            st.session_state[_TEXT] = chosen["sql"]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            say("sql.kept"),
            list(by_name),
            None,
            key="sql kept",
            on_change=take,
            placeholder=say("sql.choose" if kept else "sql.none_kept"),
        )
        with st.popover(say("sql.keep"), icon=":material/bookmark_add:"):
            _keep(shell, chosen or "")
        drop = chosen and st.button(
            say("sql.drop"), key="sql drop", icon=":material/delete:", type="tertiary"
        )
    if drop and chosen:
        path, change = f"sql/saved/{by_name[chosen]['id']}", shell.api.change
        if settings_page.done(shell, lambda: change("DELETE", path, site=site)) is not None:
            settings_page.again(shell)


def _keep(shell: Shell, name: str) -> None:
    say, site = shell.say, shell.site.site_key
    with st.form("sql keep", border=False):
        wanted = st.text_input(say("sql.name"), name, max_chars=NAME_LONGEST)
        if not st.form_submit_button(say("settings.save"), type="primary"):
            return
    text = str(st.session_state[_TEXT]).strip()
    if not (wanted.strip() and text):
        st.error(say("sql.unnamed"), icon=":material/error:")
        return
    body, change = {"name": wanted.strip(), "sql": text}, shell.api.change
    if settings_page.done(shell, lambda: change("POST", "sql/saved", body, site=site)) is not None:
        settings_page.again(shell)


_draw(current())
