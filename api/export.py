"""Visitors as CSV. Cells hold strangers' text, and spreadsheets run what looks like a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from api.facts import Facts
from api.present import present_visitor, timestamp
from hozir.contract.change import PageView, Session

MEDIA_TYPE = "text/csv; charset=utf-8"

Row = tuple[Session, PageView | None]

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the code page of the machine."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet would run."""
_ROWS_AT_ONCE = 500

COLUMNS = (
    *("visitor_id", "number", "name", "name_source", "email", "presence"),
    *("country", "city", "region", "device", "os", "browser", "language"),
    *("source", "medium", "campaign", "visit", "started_at", "last_seen_at"),
    *("duration_seconds", "pages_viewed", "page", "page_title", "contacted", "bot"),
)


def as_csv(
    rows: Iterable[Row], facts: Callable[[str], Facts], *, now: int, language: str
) -> Iterator[bytes]:
    """Yield a file in pieces: a heading, then one line for each visitor."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    piece.write(BYTE_ORDER_MARK)
    writer.writerow(COLUMNS)
    waiting = 0
    for session, page in rows:
        told = _cells(session, page, facts(session.visitor_id), now, language)
        writer.writerow([harmless(told[name]) for name in COLUMNS])
        waiting += 1
        if waiting == _ROWS_AT_ONCE:
            yield _take(piece)
            waiting = 0
    yield _take(piece)


def harmless(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _take(piece: io.StringIO) -> bytes:
    text = piece.getvalue()
    piece.seek(0)
    piece.truncate()
    return text.encode(errors="replace")


def _cells(
    session: Session, page: PageView | None, facts: Facts, now: int, language: str
) -> dict[str, object]:
    told = present_visitor(session, page, [], now=now, language=language, facts=facts)
    visit, device, source = told["session"], told["device"], told["referrer"]
    current = told["current_page"] or {}
    return {
        "visitor_id": told["id"],
        **{name: told[name] for name in ("number", "name", "name_source", "email", "presence")},
        **{name: told["location"][name] for name in ("country", "city", "region")},
        "device": device["type"],
        **{name: device[name] for name in ("os", "browser", "language")},
        **{name: source[name] for name in ("source", "medium", "campaign")},
        **{name: visit[name] for name in ("visit", "started_at", "duration_seconds")},
        "last_seen_at": timestamp(session.last_seen_at),
        "pages_viewed": visit["pages_viewed"],
        "page": current.get("url"),
        "page_title": current.get("title"),
        "contacted": "yes" if told["contacted"] else "",
        "bot": told["bot"],
    }
