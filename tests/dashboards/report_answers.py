"""Reports as the API tells them, for pages that run without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from warehouse.metrics import METRICS
from warehouse.reports import REPORTS

ZONE = ZoneInfo("Asia/Tashkent")
EVIL = "![x](http://evil.test/x.png) <img src=x> :material/bolt: $x$"
OVERVIEW: dict[str, tuple[float | None, float | None]] = {
    "visitors": (1247, 1113),
    "sessions": (1683, 1544),
    "page_views": (5210, 5004),
    "bounce_rate": (0.31, 0.35),
    "session_seconds": (301.0, 290.0),
    "visible_seconds": (228.0, 207.0),
    "new_visitors": (800, 700),
    "returning_visitors": (447, 413),
    "return_rate": (0.358, 0.371),
    "days_to_return": (3.25, 3.25),
    "sessions_per_visitor": (1.35, 1.39),
    "messages_per_visitor": (None, None),
    "conversations": (87, 93),
    "first_response_seconds": (45.0, 45.0),
}
PARTS: dict[str, list[tuple[str, int, int]]] = {
    "sources": [("Telegram", 436, 347), ("(direct)", 224, 220), (EVIL, 52, 50)],
    "countries": [("UZ", 748, 700), ("RU", 249, 240), ("", 20, 20)],
    "devices": [("mobile", 723, 650), ("desktop", 461, 400), ("tablet", 63, 63)],
    "browsers": [("Chrome", 900, 800)],
    "systems": [("Android", 700, 600)],
    "languages": [("uz-UZ", 700, 600)],
    "screens": [("390x844", 500, 400)],
}


def answer(report: str, rows: list[dict[str, Any]], **more: Any) -> tuple[int, dict[str, Any]]:
    """Return the answer to a question for a report."""
    known = REPORTS[report]
    columns = [
        {"name": name, "kind": "time" if name == "at" else "dimension", "unit": "", "better": ""}
        for name in known.dimensions
    ] + [
        {"name": name, "kind": "metric", "unit": METRICS[name].unit, "better": METRICS[name].better}
        for name in known.metrics
    ]
    told = {
        "report": report,
        "meaning": known.meaning,
        "range": {"timezone": str(ZONE), "granularity": "hour", "until": iso(_late())},
        "before": None,
        "columns": columns,
        "rows": rows,
        "total": len(rows),
    }
    return 200, told | more


def iso(at: datetime) -> str:
    """Return a moment as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def a_day(api: Any) -> None:
    """Let the API tell of a day with something in every report, and of the day before."""
    overview = {name: now for name, (now, _) in OVERVIEW.items()}
    overview |= {f"{name}_before": before for name, (_, before) in OVERVIEW.items()}
    told = {"overview": answer("overview", [overview])}
    for report, parts in PARTS.items():
        (dimension,) = REPORTS[report].dimensions
        rows = [
            {
                dimension: value,
                "visitors": now,
                "visitors_before": before,
                "session_seconds": 130.0 if value == "mobile" else 270.0,
            }
            for value, now, before in parts
        ]
        told[report] = answer(report, rows)
    told["cities"] = answer("cities", [{"country": "UZ", "city": EVIL, "visitors": 500}])
    told["pages"] = answer(
        "pages", [{"page": "/narxlar", "title": EVIL, "visitors": 412, "page_seconds": 156.0}]
    )
    told["hours"] = answer("hours", [{"weekday": 2, "hour": 16, "visitors": 86, "sessions": 90}])
    told["returning"] = answer("returning", [{"days": day, "visitors": 40 - day} for day in (0, 7)])
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    for report in ("visitors", "conversations"):
        day = [_hour(report, midnight + timedelta(hours=n), n) for n in range(24)]
        before = [_hour(report, midnight + timedelta(hours=n - 24), n + 1) for n in range(24)]
        told[report] = answer(report, day, before_rows=before)
    for name, said in told.items():
        api.answers[f"/api/v1/reports/{name}"] = said


def nothing(api: Any) -> None:
    """Let the API tell of a site that nobody has visited."""
    for name, known in REPORTS.items():
        rows = [dict.fromkeys(known.metrics, 0)] if name == "overview" else []
        api.answers[f"/api/v1/reports/{name}"] = answer(name, rows)


def _late() -> datetime:
    """Return an hour of today at which it has a course to show, whenever it is asked."""
    return datetime.now(ZONE).replace(hour=23, minute=30)


def _hour(report: str, at: datetime, n: int) -> dict[str, Any]:
    return {"at": iso(at), **dict.fromkeys(REPORTS[report].metrics, n)}
