"""What is asked of a report, read from the address: which one, whose, of when, and of whom."""

from __future__ import annotations

from typing import Annotated, Literal, cast, get_args

from fastapi import Depends, Query
from sqlalchemy import select
from starlette.requests import Request

from api.accounts import SiteRow
from api.goals import goals_of
from api.house import House, seen_site
from api.permissions import Permission, allowed
from api.problem import Problem
from api.report_range import GRANULARITIES, RangeName, read_range
from api.reports import Question
from api.routes.deps import InHouse, SignedIn
from warehouse.asking import Goal, Report
from warehouse.dimensions import DIMENSIONS
from warehouse.reports import REPORTS

PREFIX = "/api/v1/reports"
LONGEST_FILTER = 2_000
OPEN_TO_OPERATORS = "online"
"""Belongs to the screens of live visitors."""
OF_MANY_SITES = frozenset(("sites", "agents"))
"""Told of all sites of the person, unless one is named."""

Compare = Literal["previous", "none"]

PARAMETERS = frozenset(
    {
        *("site", "range", "from", "to", "compare", "granularity", "tz", "limit", "skip"),
        *("order", "lang", "bots", "format", "value"),
    }
)


def asked_report(name: str, person: SignedIn) -> Report:
    """The report, if it is theirs to see. Raises Problem."""
    needed: Permission = "view_visitors" if name == OPEN_TO_OPERATORS else "view_reports"
    if not allowed(person.role, needed):
        raise Problem(403, "not_allowed", "Your role does not allow this.")
    report = REPORTS.get(name)
    if report is None:
        raise Problem(404, "unknown_report", f"There is no such report; ask {PREFIX}.")
    return report


def asked_question(
    request: Request,
    report: Annotated[Report, Depends(asked_report)],
    person: SignedIn,
    house: InHouse,
    site: Annotated[
        str | None,
        Query(description="Key of the site; without it `sites` and `agents` tell all of yours."),
    ] = None,
    range_: Annotated[
        str,
        Query(alias="range", description=f"{', '.join(get_args(RangeName))}; else today."),
    ] = "",
    from_: Annotated[str, Query(alias="from", description="First day, YYYY-MM-DD.")] = "",
    to: Annotated[str, Query(description="Last day, included; else today.")] = "",
    compare: Annotated[
        Compare, Query(description="`previous`: the period before, of the same length.")
    ] = "none",
    granularity: Annotated[
        str, Query(description=f"Step of a series: {', '.join(GRANULARITIES)}.")
    ] = "",
    tz: Annotated[str, Query(description="IANA time zone; else the site's.")] = "",
    limit: Annotated[int | None, Query(ge=1, le=100_000_000)] = None,
    skip: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
    order: Annotated[str, Query(description="A column, as `visitors`, or `-visitors`.")] = "",
    bots: Annotated[bool, Query(description="Count bots too.")] = False,
) -> Question:
    """All that is asked of a report. Raises Problem."""
    if not site and report.name in OF_MANY_SITES and person.site_keys:
        site_keys = tuple(sorted(person.site_keys))
    else:
        site_keys = (seen_site(person, site or None),)
    span = read_range(
        range_,
        from_,
        to,
        granularity,
        timezone=tz or _timezone(house, site_keys),
        now=house.hub.clock(),
        levels=report.name == OPEN_TO_OPERATORS,
    )
    if order.removeprefix("-") not in ("", *report.dimensions, *report.metrics):
        raise Problem(400, "malformed", "order: one of the report's columns.")
    return Question(
        report=report,
        site_keys=site_keys,
        span=span,
        filters=_filters(request),
        goals=_goals(house, site_keys),
        bots=bots,
        compare=compare == "previous",
        order=order,
        limit=limit,
        skip=skip,
    )


AskedQuestion = Annotated[Question, Depends(asked_question)]


def _filters(request: Request) -> dict[str, str]:
    filters = {}
    for name, value in request.query_params.items():
        if name in PARAMETERS:
            continue
        if name not in DIMENSIONS:
            raise Problem(400, "unknown_filter", f"{name[:40]}: no such filter or parameter.")
        if len(value) > LONGEST_FILTER or "\0" in value:
            raise Problem(400, "malformed", f"{name}: no such value.")
        filters[name] = value
    return filters


def _timezone(house: House, site_keys: tuple[str, ...]) -> str:
    """Return the zone that sites share; UTC where they differ."""
    with house.accounts.open() as store:
        rows = store.scalars(select(SiteRow.timezone).where(SiteRow.site_key.in_(site_keys)))
        zones = set(rows)
    return zones.pop() if len(zones) == 1 else "UTC"


def _goals(house: House, site_keys: tuple[str, ...]) -> tuple[Goal, ...]:
    alone = len(site_keys) == 1
    return tuple(
        Goal(
            one.name,
            cast(Literal["page", "event"], one.kind),
            one.match,
            "" if alone else site_key,
        )
        for site_key in site_keys
        for one in goals_of(house.accounts, site_key)
    )
