"""Web for a history: what is known of a site before, what the team wrote, and the loading."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from api.conversation_records import new_conversation_id
from api.correspondent import Correspondent
from api.loader import READER, Loader
from api.sites import FIRST_SITES, told_sites
from hozir.bus.embedded import EmbeddedLog
from hozir.bus.open import open_log
from hozir.contract.errors import HozirError
from hozir.contract.message import Message
from hozir.contract.site import Site
from hozir.contract.topics import CHANGES, MESSAGES, REPLIES
from hozir.generator.deeds import Answered
from hozir.logs import begin_logging
from hozir.settings import Settings, load_settings
from warehouse.connection import Connection, open_warehouse
from warehouse.writer import Place, Writer

LOOK_SECONDS = 0.05


def site_of(settings: Settings, site_key: str) -> Site | None:
    """Return a site as every process knows it; before the first start, one that will be there.

    Raises LogUnavailable.
    """
    with closing(open_log(settings)) as log:
        told = told_sites(log) or {site.site_key: site for site in FIRST_SITES}
    site = told.get(site_key)
    return None if site is None or site.deleted else site


def first_visit_at(settings: Settings, site_key: str) -> int | None:
    """Return when the first visit that is kept of a site began, in milliseconds since 1970.

    Raises Misconfigured while another process has the warehouse.
    """
    path = settings.data / "hozir.duckdb"
    if not path.exists():
        return None
    with open_warehouse(path) as warehouse:
        row = warehouse.execute(
            "SELECT min(started_at) FROM all_sessions WHERE site_key = ?", [site_key]
        ).fetchone()
    first: datetime | None = row[0] if row else None
    return None if first is None else int(first.replace(tzinfo=UTC).timestamp() * 1000)


class PastTeam:
    """Writes what the team said, in the conversations that follow from what visitors said."""

    def __init__(self, site_key: str) -> None:
        self._site_key = site_key
        self._conversations: dict[str, str] = {}

    def hear(self, reply: Message) -> None:
        """Note what a visitor said: the first word opens the conversation of all others."""
        if reply.kind == "message":
            self._conversations.setdefault(reply.visitor_id, new_conversation_id(reply))

    def write(self, answered: Answered) -> Message:
        """Return the record of what somebody of the team did."""
        opened = f"c_{answered.id.removeprefix('m_')}"
        return Message(
            kind=answered.kind,
            site_key=self._site_key,
            visitor_id=answered.visitor_id,
            id=answered.id,
            conversation_id=self._conversations.setdefault(answered.visitor_id, opened),
            at=answered.at,
            author="agent",
            author_id=answered.agent,
            author_name=answered.agent,
            text=answered.text,
            session_id=answered.session_id,
            token_hash=hashlib.sha256(answered.token.encode()).hexdigest(),
            detail={"proactive": True} if answered.proactive else {},
        )


def load(folder: Path, warehouse: Connection, max_bytes: int) -> None:
    """Bring a history into the warehouse. Doing it again, or after a crash, loads nothing twice."""
    log = EmbeddedLog(folder / "log", fsync=False, max_bytes=max_bytes)
    loader = Loader(log, Writer(warehouse))
    correspondent = Correspondent(log, warehouse)
    loader.start()
    correspondent.start()
    try:
        while not (_is_loaded(log) and _is_stored(log, warehouse)):
            time.sleep(LOOK_SECONDS)
    finally:
        correspondent.stop()
        loader.stop()
        log.close()


def _is_loaded(log: EmbeddedLog) -> bool:
    return all(
        log.committed(CHANGES, partition, READER) >= log.head(CHANGES, partition)
        for partition in range(CHANGES.partitions)
    )


def _is_stored(log: EmbeddedLog, warehouse: Connection) -> bool:
    known = Writer(warehouse).offsets(log.identity)
    return all(
        known.get(Place(log.identity, topic.name, 0), 0) >= log.head(topic, 0)
        for topic in (MESSAGES, REPLIES)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the history of a folder; return the exit code."""
    begin_logging("web")
    (folder,) = sys.argv[1:] if arguments is None else arguments
    try:
        settings = load_settings()
        with open_warehouse(settings.data / "hozir.duckdb") as warehouse:
            load(Path(folder), warehouse, settings.log_bytes)
    except HozirError as error:
        logging.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
