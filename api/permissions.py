"""Who may do what: the whole matrix, in one place. Routes ask by `may(...)`; screens only hide."""

from __future__ import annotations

from typing import Literal, get_args

from api.accounts import Role

Permission = Literal[
    "view_visitors",  # list, profile, page history, figures of now
    "view_map",
    "send_messages",  # proactive ones, and answers in conversations
    "edit_contacts",
    "delete_contacts",
    "track_events",  # custom events of visitors: to see them, and to note one by hand
    "export_visitors",
    "edit_templates",  # canned responses
    "view_reports",  # figures of the past, and their files
    "run_sql",  # read-only statements over one's sites, and the queries that a site keeps
    "edit_goals",  # what counts as success on a site
    "end_sessions",
    "configure_sites",
    "manage_team",
    "read_audit",
    "see_health",  # how true and how late the screens are, of all sites together
    "make_snapshots",  # copies of all that is kept
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_OPERATOR: frozenset[Permission] = frozenset(
    ("view_visitors", "view_map", "send_messages", "edit_contacts")
)
_MANAGER: frozenset[Permission] = _OPERATOR | {
    "track_events",
    "export_visitors",
    "edit_templates",
    "delete_contacts",
    "view_reports",
    "run_sql",
    "edit_goals",
}
MATRIX: dict[Role, frozenset[Permission]] = {
    "operator": _OPERATOR,
    "manager": _MANAGER,
    "admin": frozenset(PERMISSIONS),
}
"""Spec 000 §9, and what follows from it. Roles of other systems map onto these: a super admin is
an admin, an agent an operator."""


def allowed(role: Role, permission: Permission) -> bool:
    """Tell whether a role may do something."""
    return permission in MATRIX[role]
