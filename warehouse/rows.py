"""Contract types to rows and back. Empty text is NULL in a row; times are UTC."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pyarrow as pa

from hozir.contract.change import Fact, PageView, Session
from hozir.contract.event import Dimensions
from hozir.contract.ids import visitor_number

_TIME = pa.timestamp("ms")
_TEXT = pa.string()
_COUNT = pa.int32()

SESSION_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("session_id", "site_key", "visitor_id")),
        ("seq", _COUNT),
        *((n, _TIME) for n in ("started_at", "last_seen_at", "last_activity_at", "ended_at")),
        ("presence", _TEXT),
        ("presence_since", _TIME),
        *((name, _COUNT) for name in ("tabs", "pages_viewed", "interactions")),
        ("visible_ms", pa.int64()),
        ("page_number", _COUNT),
        *((name, _TEXT) for name in ("page_path", "page_title")),
        ("page_at", _TIME),
        *((name, _TEXT) for name in ("ip", "country", "region", "city")),
        *((name, pa.float64()) for name in ("latitude", "longitude")),
        *(
            (name, _TEXT)
            for name in (
                *("timezone", "device", "os", "os_version", "browser", "browser_version"),
                *("model", "screen", "language", "bot", "source", "medium", "campaign"),
                *("term", "content", "click_id", "referrer"),
            )
        ),
        ("visit", _COUNT),
        ("visitor_number", _COUNT),
        ("identity", _TEXT),
    ]
)

DIMENSION_NAMES = tuple(
    name for name in SESSION_SCHEMA.names if name in Dimensions.__struct_fields__
)

NEW_SESSION_SCHEMA = SESSION_SCHEMA.append(pa.field("told", pa.bool_())).append(
    pa.field("entry_path", _TEXT)
)
"""`told` is false where the dimensions are as told before; `entry_path` is the first page's, and
counts unless one was known before."""

PAGE_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("session_id", "site_key", "visitor_id")),
        ("number", _COUNT),
        ("happened_at", _TIME),
        *((name, _TEXT) for name in ("host", "path", "title")),
        ("visible_ms", pa.int64()),
        *((name, _COUNT) for name in ("scroll", "interactions")),
        ("exit", pa.bool_()),
        ("tab_id", _TEXT),
        ("view", _COUNT),
    ]
)

EVENT_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("site_key", "visitor_id", "session_id")),
        ("happened_at", _TIME),
        *((name, _TEXT) for name in ("kind", "name", "target", "path", "props")),
    ]
)

PRESENCE_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("site_key", "visitor_id", "session_id")),
        ("happened_at", _TIME),
        *((name, _TEXT) for name in ("presence", "before")),
    ]
)

_UNKNOWN = Dimensions()

Row = tuple[Any, ...]


def frame(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    """Make an Arrow table of rows."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )


def session_row(session: Session, seq: int, page: PageView | None, entry: str | None) -> Row:
    """Return the row of a session after its change `seq`, in the order of NEW_SESSION_SCHEMA."""
    dimensions = session.dimensions or _UNKNOWN
    return (
        session.session_id,
        session.site_key,
        session.visitor_id,
        seq,
        session.started_at,
        session.last_seen_at,
        session.last_activity_at,
        session.ended_at,
        session.presence,
        session.presence_since,
        session.tabs,
        session.pages_viewed,
        session.interactions,
        session.visible,
        page.number if page else None,
        page.path if page else None,
        page.title if page else None,
        page.at if page else None,
        *[_known(getattr(dimensions, name)) for name in DIMENSION_NAMES],
        visitor_number(session.visitor_id),
        _json(session.identity),
        session.dimensions is not None,
        entry,
    )


def page_row(session: Session, page: PageView) -> Row:
    """Return the row of a page view, in the order of PAGE_SCHEMA; NULL is as told before."""
    return (
        session.session_id,
        session.site_key,
        session.visitor_id,
        page.number,
        page.at,
        _host(page.url),
        page.path or None,
        page.title or None,
        page.visible,
        page.scroll,
        page.interactions,
        page.exit,
        page.tab_id,
        page.view,
    )


def event_row(session: Session, fact: Fact) -> Row:
    """Return the row of an interaction, custom event or identify."""
    return (
        session.site_key,
        session.visitor_id,
        session.session_id,
        fact.at,
        fact.kind,
        fact.name or None,
        fact.target or None,
        fact.path or None,
        _json(fact.props),
    )


def _columns(names: Sequence[str], times: Sequence[str]) -> str:
    return ", ".join(f'epoch_ms("{n}")' if n in times else f'"{n}"' for n in names)


_SESSION_TIMES = [f.name for f in SESSION_SCHEMA if f.type == _TIME]

SESSION_COLUMNS = _columns(SESSION_SCHEMA.names, _SESSION_TIMES)
"""What to select for `read_session`; times in milliseconds."""

PAGE_NAMES = tuple(name for name in PAGE_SCHEMA.names if name not in ("tab_id", "view"))
PAGE_COLUMNS = _columns(PAGE_NAMES, ["happened_at"])
"""What to select for `read_page`."""


def read_session(row: Row) -> tuple[Session, int, int | None]:
    """Turn a row of SESSION_COLUMNS into the session, its seq and its current page's number."""
    value = dict(zip(SESSION_SCHEMA.names, row, strict=True))
    dimensions = {name: value[name] for name in DIMENSION_NAMES if value[name] is not None}
    session = Session(
        session_id=value["session_id"],
        site_key=value["site_key"],
        visitor_id=value["visitor_id"],
        started_at=value["started_at"],
        last_seen_at=value["last_seen_at"],
        last_activity_at=value["last_activity_at"],
        presence=value["presence"],
        presence_since=value["presence_since"],
        tabs=value["tabs"],
        pages_viewed=value["pages_viewed"],
        interactions=value["interactions"],
        visible=value["visible_ms"],
        dimensions=Dimensions(**dimensions),
        identity=msgspec.json.decode(value["identity"]) if value["identity"] else {},
        ended_at=value["ended_at"],
    )
    return session, value["seq"], value["page_number"]


def read_page(row: Row) -> PageView:
    """Turn a row of PAGE_COLUMNS into a page view; its tab is not kept."""
    value = dict(zip(PAGE_NAMES, row, strict=True))
    return PageView(
        number=value["number"],
        tab_id="",
        view=0,
        url=f"https://{value['host']}{value['path']}" if value["host"] else value["path"],
        path=value["path"],
        title=value["title"] or "",
        at=value["happened_at"],
        visible=value["visible_ms"],
        scroll=value["scroll"],
        interactions=value["interactions"],
        exit=value["exit"],
    )


def _known(value: Any) -> Any:
    return None if value == "" else value


def _json(value: dict[str, Any]) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).netloc or None
    except ValueError:
        return None
