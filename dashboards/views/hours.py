"""When people come: the hours of a week, and the peak in words."""

from __future__ import annotations

import streamlit as st

from dashboards import charts, choice, drill, numbers
from dashboards.bars import bars
from dashboards.boxes import box, chart, export, head, metric_help, metric_name
from dashboards.lede import nothing, plainly, sentence, tell
from dashboards.report import Ask, Report, reports
from dashboards.shell import Shell, current
from dashboards.texts import say
from dashboards.week import QUIET_HOURS, by_hour, by_part, quietest

_WEEK = 7
_TOP = 5
_OF_TALKS = "conversations"
_METRICS = ("visitors", "sessions", _OF_TALKS)


def _draw(shell: Shell) -> None:
    asked, beside = head(shell, "page.hours")
    hours, talks = reports(shell, asked, Ask("hours"), Ask("talk_hours"))
    if not hours.rows and not talks.rows and not hours.missing:
        nothing(shell, "hours", "hours.empty", "hours.empty_sub")
        return
    named = {metric: metric_name(shell, metric) for metric in _METRICS}
    metric = choice.among(shell, "by", shell.say("hours.by"), named)
    export(shell, beside, {shell.say("page.hours"): hours, named[_OF_TALKS]: talks})
    if metric == _OF_TALKS:
        hours = talks
    told = [_peak(shell, hours, metric)]
    if asked.days >= _WEEK:
        # Of a day that lasts, the hours to come are not quiet ones.
        told.append(_quiet(shell, hours, metric))
    tell(*told)
    if asked.days < _WEEK:
        st.caption(shell.say("hours.short"))
    with box(
        shell,
        "hours",
        shell.say("hours.week").replace("{metric}", named[metric].lower()),
        help=f"{metric_help(shell, metric)} {shell.say('hours.help')}",
        right=shell.site.timezone,
        report=hours,
    ):
        chart(charts.heat(shell, hours, metric, height=280), plainly(*filter(None, told)))
    with st.container(key="three_hours"):
        with box(
            shell,
            "top",
            shell.say("hours.top"),
            help=metric_help(shell, metric),
            right=named[metric].lower(),
        ):
            bars(
                shell,
                "top",
                by_hour(shell.language, hours, metric),
                "when",
                (metric,),
                most=_TOP,
                drilled=metric != _OF_TALKS,
            )
        # Somebody who came in two hours is one visitor; visits can be summed.
        summed = _OF_TALKS if metric == _OF_TALKS else "sessions"
        for part in ("weekday", "hour"):
            with box(
                shell,
                f"by_{part}",
                shell.say(f"hours.by_{part}"),
                help=metric_help(shell, summed),
                right=metric_name(shell, summed).lower(),
            ):
                _columns(shell, hours, part, summed)
    drill.draw(shell, asked)


def _peak(shell: Shell, hours: Report, metric: str) -> str:
    """Return the fullest hour of the week in words."""
    peak = charts.peak_hour(hours, metric)
    if peak is None:
        return ""
    day, hour = peak
    column = hours.column(metric)
    most = next(
        row[metric] for row in hours.rows if (int(row["weekday"]), int(row["hour"])) == peak
    )
    return sentence(
        shell,
        "hours.peak",
        day=say(shell.language, "numbers.weekdays").split()[day - 1],
        hour=f"{hour:02d}:00",
        end=f"{(hour + 1) % 24:02d}:00",
        metric=metric_name(shell, metric),
        n=numbers.value(shell.language, column.unit if column else "count", most),
    )


def _quiet(shell: Shell, hours: Report, metric: str) -> str:
    """Return the quietest hours of the day in words."""
    begin = quietest(by_part(hours, "hour", metric))
    if begin is None:
        return ""
    end = (begin + QUIET_HOURS) % 24
    return sentence(shell, "hours.quiet", hour=f"{begin:02d}:00", end=f"{end:02d}:00")


def _columns(shell: Shell, hours: Report, part: str, metric: str) -> None:
    days = say(shell.language, "numbers.weekdays_short").split()
    rows = [
        {
            "label": days[at - 1] if part == "weekday" else f"{at:02d}",
            "figure": figure,
        }
        for at, figure in by_part(hours, part, metric).items()
    ]
    chart(charts.columns(shell, rows, height=180))


_draw(current())
