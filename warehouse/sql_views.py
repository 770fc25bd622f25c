"""What analysts may read, and what each column means."""

from __future__ import annotations

from typing import Any

from warehouse.connection import Connection

_OF_SITE = {"site_key": "The site."}
_OF_VISITOR = _OF_SITE | {"visitor_id": "The visitor: one browser on one site."}
_OF_SESSION = _OF_VISITOR | {"session_id": "The session: one visit."}

VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "visitor_sessions": (
        "Visits, the ones that go on now included: one row each.",
        _OF_SESSION
        | {
            "id": "The same as session_id.",
            "workspace_id": "The same as site_key.",
            "anonymous_id": "What screens call a visitor without a name.",
            "contact_id": "The contact that the visitor is known as.",
            "is_online": "Whether the visitor is here now.",
            "presence": "active, away, leaving or offline.",
            "current_page_url": "Path of the page that was opened last.",
            "current_page_title": "Its title.",
            "current_page_since": "When it was opened.",
            "ip_address": "Masked, so that it names no household.",
            "country": "Two letters, as UZ.",
            "country_name": "In English; the view countries has more.",
            "city": "In English.",
            "region": "Region or state.",
            "latitude": "Of the city.",
            "longitude": "Of the city.",
            "timezone": "Of the visitor.",
            "device_type": "desktop, mobile or tablet.",
            "os": "Operating system.",
            "os_version": "Its version.",
            "browser": "Browser.",
            "browser_version": "Its version.",
            "model": "Model of the device, where the browser tells it.",
            "screen_resolution": "Width and height in pixels.",
            "language": "First language of the browser.",
            "bot": "Why it is held for a machine; empty for people.",
            "referrer_source": "Where the visit came from, by name, as Google.",
            "referrer_medium": "organic, social, email, cpc and so on.",
            "referrer_campaign": "Campaign, by utm_campaign.",
            "referrer_url": "Address that it came from.",
            "session_started_at": "When the visit began.",
            "last_activity_at": "When the visitor last did something.",
            "session_ended_at": "When the visit ended; empty while it goes on.",
            "session_duration_seconds": "From its start to the last sign of life, or its end.",
            "visible_seconds": "How long its pages were in sight.",
            "pages_viewed": "Page views.",
            "interactions": "Clicks, forms and the like.",
            "visit": "Which visit of the visitor it is; 1 is the first.",
            "identity": "What the page claims to know of the visitor, unproven; JSON.",
            "contacted": "Whether the team wrote during the visit.",
            "contacted_at": "When it wrote first.",
            "contacted_by": "Id of who wrote first.",
            "created_at": "The same as session_started_at.",
            "updated_at": "The last sign of life.",
            "person_id": "The proven person; the same on all their devices.",
        },
    ),
    "visitor_page_views": (
        "Pages that were opened: one row each time.",
        _OF_SESSION
        | {
            "id": "Of this view.",
            "number": "Which page of the visit it is; 1 is the entry.",
            "host": "Host of the page.",
            "url": "Path of the page.",
            "title": "Its title.",
            "timestamp": "When it was opened.",
            "duration_seconds": "How long it was in sight.",
            "visible_ms": "The same in milliseconds.",
            "scroll_depth": "How far down it was read, in percent.",
            "interactions": "Clicks, forms and the like on it.",
            "exited_from_page": "Whether the visit ended there.",
        },
    ),
    "visitor_events": (
        "What visitors did on pages, and custom events.",
        _OF_SESSION
        | {
            "timestamp": "When it happened.",
            "kind": "interaction, custom or identify.",
            "name": "click, form and so on; of a custom event its own name.",
            "target": "What it was done to.",
            "url": "Path of the page.",
            "props": "What the page told with it; JSON.",
        },
    ),
    "presence": (
        "Each time that a visitor came, turned away, came back or left.",
        _OF_SESSION
        | {
            "happened_at": "When.",
            "presence": "What it became: active, away, leaving or offline.",
            "before": "What it was; empty at the start of a visit.",
        },
    ),
    "conversations": (
        "Conversations: one row each.",
        _OF_VISITOR
        | {
            "id": "The conversation.",
            "status": "waiting, active or closed.",
            "started_by": "visitor, agent, bot or system.",
            "opened_at": "When it began.",
            "last_message_at": "When somebody last wrote.",
            "waiting_since": "Since when the visitor waits for an answer; empty if not.",
            "closed_at": "When it was closed.",
            "assigned_to": "Id of who of the team has it.",
            "messages": "Messages in all.",
            "visitor_messages": "Those of the visitor.",
            "unread": "Those of the visitor that the team has not read.",
        },
    ),
    "messages": (
        "What was said, and what happened to conversations.",
        _OF_SESSION
        | {
            "id": "Of this line.",
            "conversation_id": "The conversation.",
            "number": "Place in the conversation; 1 is the first.",
            "kind": "message, or what happened: assigned, closed and so on.",
            "timestamp": "When.",
            "author": "visitor, agent, bot or system.",
            "author_id": "Id of who of the team wrote.",
            "author_name": "Their name as the visitor saw it.",
            "text": "What was written.",
            "proactive": "Whether the team wrote first.",
            "state": "sent, delivered or seen.",
            "detail": "More on what happened; JSON.",
        },
    ),
    "contacts": (
        "People that the team knows by name.",
        _OF_SITE
        | {
            "id": "The contact; visitor_sessions.contact_id leads here.",
            "name": "Name.",
            "email": "E-mail.",
            "phone": "Telephone.",
            "traits": "What the site tells of them; JSON.",
            "note": "Note of the team.",
            "external_id": "Id in the site's own system.",
            "verified": "Whether the site has proven who it is.",
            "created_at": "When it was saved first.",
            "updated_at": "When it was last changed.",
        },
    ),
    "countries": (
        "Names of countries.",
        {
            "code": "Two letters, as visitor_sessions.country.",
            "en": "In English.",
            "uz": "In Uzbek.",
            "ru": "In Russian.",
        },
    ),
}
"""View, what one row is, and its columns. Times are UTC."""


def told_views(connection: Connection) -> list[dict[str, Any]]:
    """Return each view with its columns, their types and meanings, in the views' own order."""
    found = (
        connection.cursor()
        .execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"
        )
        .fetchall()
    )
    return [
        {
            "name": view,
            "meaning": meaning,
            "columns": [
                {"name": column, "type": kind, "meaning": columns.get(column, "")}
                for table, column, kind in found
                if table == view
            ],
        }
        for view, (meaning, columns) in VIEWS.items()
    ]
