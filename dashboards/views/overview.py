"""The overview: first what changed, then six figures, then where, what and when."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards import changes, charts, dates, drill
from dashboards.bars import bars, stack
from dashboards.boxes import box, chart, credit, export, head, metric_help, metric_name, tile, tiles
from dashboards.changes import Phrase
from dashboards.range_picker import Range, than
from dashboards.report import Ask, Report, reports
from dashboards.shell import Shell, address, current
from dashboards.texts import count

_TILES = (
    "visitors",
    "sessions",
    "visible_seconds",
    "bounce_rate",
    "conversations",
    "first_response_seconds",
)
_TOLD = 20
"""Rows among which the makers of a change are looked for."""
_WEEK = 7
_BOLD = ("amount", "what")


def _draw(shell: Shell) -> None:
    asked, place = head(shell, "page.overview")
    # One day tells nothing of a week's hours.
    whole_weeks = asked.days >= _WEEK
    whole, along, talks, pages, sources, hours, countries, devices = reports(
        shell,
        asked,
        Ask("overview"),
        Ask("visitors"),
        Ask("conversations"),
        Ask("pages", limit=5),
        Ask("sources", limit=_TOLD),
        Ask("hours", range="" if whole_weeks else "30d"),
        Ask("countries", limit=_TOLD),
        Ask("devices"),
    )
    if not shell.site.had_visitors and not whole.first.get("visitors"):
        _first_minute(shell)
        return
    named = {
        "page.overview": whole,
        "overview.visitors": along,
        "overview.pages": pages,
        "overview.sources": sources,
        "numbers.hours": hours,
        "overview.countries": countries,
        "overview.devices": devices,
    }
    export(shell, place, {shell.say(key): report for key, report in named.items()})
    st.html(f'<p class="hz-lede" dir="auto">{_lede(shell, asked, whole, sources, countries)}</p>')
    with tiles("overview"):
        for metric in _TILES:
            over_time = along if along.column(metric) else talks
            points = charts.series(shell, over_time, metric)
            tile(shell, whole, metric, [point.get("now") for point in points])
    _over_time(shell, asked, along)
    all_visitors = whole.first.get("visitors")
    with st.container(key="two_overview"):
        with box(
            shell,
            "pages",
            shell.say("overview.pages"),
            help=shell.say("overview.pages_help"),
            right=shell.say("overview.pages_key"),
            report=pages,
        ):
            bars(shell, "pages", pages, "page", ("visitors", "page_seconds"))
        _parts(shell, "sources", sources, "source", all_visitors)
    with st.container(key="three_overview"):
        _hours(shell, hours, whole_weeks)
        _parts(shell, "countries", countries, "country", all_visitors)
        with box(
            shell,
            "devices",
            shell.say("overview.devices"),
            help=metric_help(shell, "visitors"),
            report=devices,
        ):
            stack(shell, "devices", devices, "device")
            note = changes.by_device(shell.language, devices.rows)
            if note:
                st.caption(_plain(shell, note))
    credit(shell)
    drill.draw(shell, asked)


def _lede(shell: Shell, asked: Range, whole: Report, sources: Report, countries: Report) -> str:
    """Return the sentences that the page begins with, as HTML of escaped values."""
    language, row = shell.language, whole.first
    if whole.missing:
        return ""
    changed = changes.visitors(language, row, than(language, asked))
    if changed is None:
        told = escape(count(language, "overview.some", round(row.get("visitors") or 0)))
        return f"{told} {escape(shell.say('overview.no_before'))}" if asked.compare else told
    first = _html(shell, changed)
    first = first if first.startswith("<") else first[0].upper() + first[1:]
    made = changes.made_of(language, row, {"source": sources.rows, "country": countries.rows})
    if made and changed.key != "overview.same":
        first = f"{first}; {_html(shell, made)}"
    beside = changes.beside(language, row)
    return f"{first}. {_html(shell, beside) if beside else ''}".strip()


def _html(shell: Shell, phrase: Phrase) -> str:
    told = escape(shell.say(phrase.key))
    for name, value in phrase.holes.items():
        filled = f"<b>{escape(value)}</b>" if name in _BOLD else escape(value)
        told = told.replace(f"{{{name}}}", filled)
    return told


def _plain(shell: Shell, phrase: Phrase) -> str:
    told = shell.say(phrase.key)
    for name, value in phrase.holes.items():
        told = told.replace(f"{{{name}}}", value)
    return told


def _over_time(shell: Shell, asked: Range, along: Report) -> None:
    granularity = str(along.range.get("granularity") or "day")
    which = "today" if asked.name == "today" else "other"
    now = shell.say(f"numbers.now_{which}")
    before = shell.say(f"numbers.past_{which}") if asked.compare else ""
    title = shell.say(f"overview.by_{granularity}")
    with box(
        shell,
        "over_time",
        title,
        help=metric_help(shell, "visitors"),
        right=now,
        dashed=before,
        report=along,
    ):
        chart(charts.line(shell, along, "visitors", now, before), alt=title)


def _parts(shell: Shell, key: str, report: Report, dimension: str, whole: float | None) -> None:
    with box(
        shell,
        key,
        shell.say(f"overview.{key}"),
        help=shell.say(f"overview.{key}_help"),
        right=metric_name(shell, "visitors"),
        report=report,
    ):
        bars(shell, key, report, dimension, whole=whole)


def _hours(shell: Shell, hours: Report, whole_weeks: bool) -> None:
    peak = charts.peak_hour(hours)
    told = []
    if peak:
        day = dates.weekday(shell.language, peak[0])
        text = shell.say("numbers.peak").replace("{day}", day)
        told.append(text.replace("{hour}", f"{peak[1]:02d}"))
    if not whole_weeks:
        told.append(shell.say("numbers.range_30d"))
    with box(
        shell,
        "hours",
        shell.say("numbers.hours"),
        help=shell.say("numbers.hours_help"),
        right=" · ".join(told),
        report=hours,
    ):
        chart(charts.heat(shell, hours), alt=" · ".join([shell.say("numbers.hours"), *told]))


def _first_minute(shell: Shell) -> None:
    """Say what is so on a site that nobody has visited yet, and what to do next."""
    with st.container(key="box_first", horizontal_alignment="center"):
        st.html(
            f'<div class="hz-first"><h2>{escape(shell.say("overview.first"))}</h2>'
            f"<p>{escape(shell.say('overview.first_sub'))}</p></div>"
        )
        if shell.site.snippet:
            st.code(shell.site.snippet, language="html", wrap_lines=True)
        st.page_link(
            "views/live.py",
            label=shell.say("overview.first_live"),
            icon=":material/group:",
            query_params=address(shell),
        )


_draw(current())
