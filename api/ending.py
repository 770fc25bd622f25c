"""How somebody of the team ends a visit: a word to the pipeline, which alone concludes."""

from __future__ import annotations

from hozir.bus.log import Log
from hozir.contract.codec import encode
from hozir.contract.event import EventBatch
from hozir.contract.topics import EVENTS


def end_session(log: Log, site_key: str, visitor_id: str, session_id: str) -> None:
    """Ask for the end of a session by its concluded id. Raises LogUnavailable, LogFull.

    Only the pipeline knows by which claimed id a session goes, so every partition is told.
    """
    word = encode(
        EventBatch(
            site_key=site_key,
            visitor_id=visitor_id,
            session_id="",
            tab_id="",
            n=0,
            events=[],
            end=session_id,
        )
    )
    log.append(EVENTS, [(number, word) for number in range(EVENTS.partitions)])
