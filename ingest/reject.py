"""Why the door says no: a closed set, each with its HTTP status."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Reason = Literal[
    "unknown_site",
    "too_large",
    "malformed",
    "bad_id",
    "no_events",
    "too_many_events",
    "origin_not_allowed",
    "simulated_traffic",
    "visitor_rate",
    "address_rate",
    "site_rate",
    "chat_off",
    "downlinks_full",
    "no_text",
    "too_long",
    "log_full",
    "log_unavailable",
    "web_unavailable",
]

REASONS: tuple[Reason, ...] = get_args(Reason)

STATUS: dict[Reason, int] = {
    "unknown_site": 404,
    "too_large": 413,
    "malformed": 400,
    "bad_id": 400,
    "no_events": 400,
    "too_many_events": 413,
    "origin_not_allowed": 403,
    "simulated_traffic": 403,
    "visitor_rate": 429,
    "address_rate": 429,
    "site_rate": 429,
    "chat_off": 403,
    "downlinks_full": 503,
    "no_text": 400,
    "too_long": 413,
    "log_full": 503,
    "log_unavailable": 503,
    "web_unavailable": 503,
}


class Rejected(NamedTuple):
    """A no. `retry_after` in seconds, where coming back later may help; `detail` for people."""

    reason: Reason
    detail: str = ""
    retry_after: int | None = None

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return STATUS[self.reason]
