"""The names of things. Wrapped, so that a session id cannot stand where a visitor id belongs."""

from __future__ import annotations

import hashlib
import re
from typing import NewType
from uuid import UUID
from zlib import crc32

SiteKey = NewType("SiteKey", str)
VisitorId = NewType("VisitorId", str)
SessionId = NewType("SessionId", str)
TabId = NewType("TabId", str)

SHARDS = 64
"""Fixed number of state shards in the pipeline; every partition count must divide it."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
VISITOR_ID = re.compile(rf"v_{_UUID}")
SESSION_ID = re.compile(rf"s_{_UUID}")
TAB_ID = re.compile(rf"t_{_UUID}")
MESSAGE_ID = re.compile(rf"m_{_UUID}")
CONVERSATION_ID = re.compile(rf"c_{_UUID}")
CONTACT_ID = re.compile(rf"k_{_UUID}")
SITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


def shard_of(session_id: str) -> int:
    """Return the shard, 0 to 63, that owns the session a browser claims."""
    return crc32(session_id.encode()) % SHARDS


def partition_of(session_id: str, partitions: int) -> int:
    """Return the partition for a session. 64 is a multiple of `partitions`, so that all
    sessions of a shard share one partition."""
    return crc32(session_id.encode()) % partitions


def concluded_session_id(site_key: str, claimed: str, started_at: int) -> SessionId:
    """Name a session once and for all.

    A browser may come back with an id whose session has ended (its clock and ours differ), and
    two sites may be sent the same id. The start, in log milliseconds, tells them apart, and the
    same log always gives the same name.
    """
    seed = f"{site_key}\n{claimed}\n{started_at}".encode()
    return SessionId(f"s_{UUID(bytes=hashlib.blake2b(seed, digest_size=16).digest())}")


def visitor_number(visitor_id: str) -> int:
    """Return the number that people see for an anonymous visitor ("Anonim #12847"), 1 to 99,999.

    For people only: two visitors may share one.
    """
    return crc32(visitor_id.encode()) % 99_999 + 1
