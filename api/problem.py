"""Errors as the API tells them: a reason from a closed set, and one line for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec
from starlette.responses import Response

Reason = Literal[
    "signed_out",  # no valid cookie
    "wrong_password",  # or nobody by that e-mail
    "too_many_attempts",  # come back after Retry-After
    "not_allowed",  # the role may not
    "other_origin",  # a page of another site asks
    "unknown_site",  # not there, or not theirs
    "unknown_visitor",
    "unknown_conversation",
    "unknown_contact",
    "unknown_user",
    "unknown_template",
    "unknown_report",
    "unknown_goal",
    "unknown_token",
    "unknown_query",
    "site_exists",
    "user_exists",
    "contact_exists",
    "goal_exists",
    "last_admin",  # somebody must be able to open the settings
    "last_key",  # a site's pages must carry one
    "weak_password",
    "password_due",  # change the one that was given first
    "oidc_off",  # no provider is set
    "too_many_messages",  # to one visitor in one day
    "too_many_requests",  # come back after Retry-After
    "chat_off",  # the site's pages show no messages
    "wrong_token",  # not the browser that the conversation belongs to
    "not_found",
    "wrong_method",
    "bad_range",  # no such days, or too many
    "bad_granularity",
    "unknown_filter",
    "too_slow",  # ended because it took too long; ask for less
    "no_room",  # the disk is too full
    "no_snapshot",  # the copy could not be made; the message says why
    "busy",  # come back after Retry-After
    "sql_refused",  # the statement does, or names, what is not allowed; the message says what
    "sql_failed",  # the database could not do it; the message is its own
    "too_many_rows",
    "too_much_memory",
    "too_large",  # more bytes than anything that is asked here needs
    "malformed",  # the request cannot be read; the message says where
    "log_unavailable",  # try again
    "server_error",
]


class Problem(Exception):
    """Ends a request with an error."""

    def __init__(
        self,
        status: int,
        reason: Reason,
        message: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason: Reason = reason
        self.message = message
        self.headers = headers

    def response(self) -> Response:
        """Return the answer."""
        return problem(self.status, self.reason, self.message, self.headers)


def problem(
    status: int, reason: Reason, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error's answer."""
    return Response(
        msgspec.json.encode({"error": {"reason": reason, "message": message}}),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def log_unavailable(what: str) -> Problem:
    """Return what to raise while the log takes nothing. `what` cannot be done now."""
    return Problem(503, "log_unavailable", f"{what} now; try again.", {"Retry-After": "5"})
