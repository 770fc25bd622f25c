"""`POST /e/{site_key}`: the hot path, plain ASGI."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache, partial

from starlette.types import Message, Receive, Scope, Send

from hozir.bus.embedded import wall_clock
from hozir.contract.codec import decode_beacon, encode
from hozir.contract.errors import HozirError, LogFull, Unreadable
from hozir.contract.event import EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.site import Site
from hozir.contract.topics import EVENTS
from ingest.address import Network, client_address
from ingest.admit import Claim, admit
from ingest.appender import Appender
from ingest.clean import CACHED
from ingest.geo import GeoReader
from ingest.learn import Learner
from ingest.limits import RateLimit
from ingest.metrics import Metrics
from ingest.origin import is_allowed
from ingest.reject import Rejected
from ingest.sites import SiteDirectory

PREFIX = "/e/"
MAX_BODY = 64 * 1024
READ = frozenset(
    (b"origin", b"x-forwarded-for", b"content-length", b"user-agent", b"x-hozir-simulated")
)
Headers = list[tuple[bytes, bytes]]


class Gone(Exception):
    """The client went away before its body was here."""


class Beacons:
    """Admits beacons and appends them; answers when they are durable."""

    def __init__(
        self,
        *,
        appender: Appender,
        sites: SiteDirectory,
        geo: GeoReader,
        proxies: tuple[Network, ...],
        visitor_limit: RateLimit,
        address_limit: RateLimit,
        metrics: Metrics,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._appender = appender
        self._sites = sites
        self._geo = geo
        # Keyed without the networks: hashing them each time cost more than reading the address.
        self._address_of = lru_cache(CACHED)(partial(client_address, proxies=proxies))
        self._visitor_limit = visitor_limit
        self._address_limit = address_limit
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = {
            name: value.decode("latin-1") for name, value in scope["headers"] if name in READ
        }
        if scope["method"] not in ("POST", "OPTIONS"):
            await _answer(send, 405, [(b"allow", b"POST, OPTIONS")])
            return
        site = self._sites.get(scope["path"][len(PREFIX) :])
        cors = _cors(headers.get(b"origin", ""), site)
        if scope["method"] == "OPTIONS":
            await _answer(send, 204, cors)
            return
        try:
            rejected = await self._take(scope, headers, site, receive)
        except Gone:
            return
        if rejected is None:
            await _answer(send, 204, cors)
            return
        self._metrics.rejected.labels(rejected.reason).inc()
        await _refuse(send, rejected, cors)

    async def _take(
        self, scope: Scope, headers: dict[bytes, str], site: Site | None, receive: Receive
    ) -> Rejected | None:
        if site is None:
            return Rejected("unknown_site")
        peer = scope["client"][0] if scope["client"] else ""
        address = self._address_of(peer, headers.get(b"x-forwarded-for", ""))
        if wait := self._address_limit.take(address, time.monotonic()):
            return Rejected("address_rate", retry_after=_seconds(wait))
        body = await _body(headers.get(b"content-length", ""), receive)
        if body is None:
            return Rejected("too_large", f"more than {MAX_BODY} bytes")
        try:
            beacon = decode_beacon(body)
        except Unreadable as error:
            return Rejected("malformed", str(error)[:200])
        visitor = f"{site.site_key} {beacon.visitor_id[:40]}"
        if wait := self._visitor_limit.take(visitor, time.monotonic()):
            return Rejected("visitor_rate", retry_after=_seconds(wait))
        admitted = admit(
            Claim(
                beacon=beacon,
                site=site,
                origin=headers.get(b"origin", ""),
                simulated=headers.get(b"x-hozir-simulated", ""),
                now=self._clock(),
                learn=Learner(self._geo, address, headers.get(b"user-agent", "")),
            )
        )
        return admitted if isinstance(admitted, Rejected) else await self._append(admitted)

    async def _append(self, batch: EventBatch) -> Rejected | None:
        partition = partition_of(batch.session_id, EVENTS.partitions)
        try:
            await self._appender.append(partition, encode(batch))
        except LogFull as error:
            return Rejected("log_full", str(error), retry_after=10)
        except HozirError as error:
            return Rejected("log_unavailable", str(error)[:200], retry_after=2)
        return None


async def _body(length: str, receive: Receive) -> bytes | None:
    """Return the body, None if it is too large."""
    if length.isdigit() and int(length) > MAX_BODY:
        return None
    body = b""
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _cors(origin: str, site: Site | None) -> Headers:
    if not origin or site is None or not is_allowed(origin, site):
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-expose-headers", b"x-hozir-rejected, retry-after"),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"origin"),
    ]


async def _refuse(send: Send, rejected: Rejected, cors: Headers) -> None:
    headers = [*cors, (b"x-hozir-rejected", rejected.reason.encode())]
    if rejected.retry_after is not None:
        headers.append((b"retry-after", str(rejected.retry_after).encode()))
    body = encode({"error": {"reason": rejected.reason, "message": rejected.detail}})
    await _answer(send, rejected.status, [*headers, (b"content-type", b"application/json")], body)


async def _answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


def _seconds(wait: float) -> int:
    return max(1, round(wait + 0.5))
