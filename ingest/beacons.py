"""`POST /e/{site_key}`: the hot path, plain ASGI."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

from starlette.types import Receive, Scope, Send

from hozir.clock import wall_clock
from hozir.contract.codec import decode_beacon, encode
from hozir.contract.errors import HozirError, LogFull, Unreadable
from hozir.contract.event import EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.site import Site
from hozir.contract.topics import EVENTS
from ingest.address import Network, client_address
from ingest.admit import Claim, admit
from ingest.appender import Appender
from ingest.asgi import JSON, Gone, answer, cors, headers_of, read_body, refuse
from ingest.clean import CACHED
from ingest.geo import GeoReader
from ingest.learn import Learner
from ingest.limits import Limits
from ingest.metrics import Metrics
from ingest.reject import Rejected
from ingest.sites import SiteDirectory
from ingest.waiting import Waiting
from ingest.words import words_for

PREFIX = "/e/"
MAX_BODY = 64 * 1024


class Beacons:
    """Admits beacons and appends them; answers when they are durable."""

    def __init__(
        self,
        *,
        appender: Appender,
        sites: SiteDirectory,
        geo: GeoReader,
        proxies: tuple[Network, ...],
        limits: Limits,
        waiting: Waiting,
        metrics: Metrics,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._appender = appender
        self._sites = sites
        self._geo = geo
        # Keyed without the networks: hashing them each time cost more than reading the address.
        self._address_of = lru_cache(CACHED)(partial(client_address, proxies=proxies))
        self._limits = limits
        self._waiting = waiting
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = headers_of(scope["headers"])
        if scope["method"] not in ("POST", "OPTIONS"):
            await answer(send, 405, [(b"allow", b"POST, OPTIONS")])
            return
        site = self._sites.get(scope["path"][len(PREFIX) :])
        allowed = cors(headers.get(b"origin", ""), site)
        if scope["method"] == "OPTIONS":
            await answer(send, 204, allowed)
            return
        try:
            taken = await self._take(scope, headers, site, receive)
        except Gone:
            return
        if isinstance(taken, Rejected):
            self._metrics.rejected.labels(taken.reason).inc()
            await refuse(send, taken, allowed)
        elif taken:
            await answer(send, 200, [*allowed, JSON], taken)
        else:
            await answer(send, 204, allowed)

    async def _take(
        self, scope: Scope, headers: dict[bytes, str], site: Site | None, receive: Receive
    ) -> Rejected | bytes:
        if site is None:
            return Rejected("unknown_site")
        peer = scope["client"][0] if scope["client"] else ""
        address = self._address_of(peer, headers.get(b"x-forwarded-for", ""))
        if rejected := self._limits.of_request(address, site):
            return rejected
        body = await read_body(headers.get(b"content-length", ""), receive, MAX_BODY)
        if body is None:
            return Rejected("too_large", f"more than {MAX_BODY} bytes")
        try:
            beacon = decode_beacon(body)
        except Unreadable as error:
            return Rejected("malformed", str(error)[:200])
        if rejected := self._limits.of_visitor(site.site_key, beacon.visitor_id):
            return rejected
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
        if isinstance(admitted, Rejected):
            return admitted
        if rejected := await self._append(admitted):
            return rejected
        return words_for(site, self._waiting.has(site.site_key, beacon.visitor_id))

    async def _append(self, batch: EventBatch) -> Rejected | None:
        partition = partition_of(batch.session_id, EVENTS.partitions)
        try:
            await self._appender.append(partition, encode(batch))
        except LogFull as error:
            return Rejected("log_full", str(error), retry_after=10)
        except HozirError as error:
            return Rejected("log_unavailable", str(error)[:200], retry_after=2)
        return None
