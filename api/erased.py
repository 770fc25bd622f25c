"""Visitors who were erased lately: what their visits up to then still tell is passed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hozir.contract.change import Session


class Wish(NamedTuple):
    """That a visitor is to be forgotten, and when that was said. Milliseconds."""

    site_key: str
    visitor_id: str
    asked_at: int


class Erased:
    """Safe from any thread. Who comes back after it is somebody new."""

    def __init__(self, known: Iterable[Wish] = ()) -> None:
        self._asked_at = {(one.site_key, one.visitor_id): one.asked_at for one in known}

    def add(self, wish: Wish) -> None:
        """Take a visitor in."""
        self._asked_at[wish.site_key, wish.visitor_id] = wish.asked_at

    def covers(self, session: Session) -> bool:
        """Tell whether a visit began before its visitor was erased."""
        if not self._asked_at:
            return False
        asked_at = self._asked_at.get((session.site_key, session.visitor_id))
        return asked_at is not None and session.started_at <= asked_at

    def forget_before(self, moment: int) -> None:
        """Let go of wishes that nothing can come against any more."""
        for key, asked_at in list(self._asked_at.items()):
            if asked_at < moment:
                self._asked_at.pop(key, None)
