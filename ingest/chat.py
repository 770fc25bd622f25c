"""What pages ask of a conversation over HTTP: `/w/{site_key}`, and `/history` and `/look` below."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.types import Receive, Scope, Send

from hozir.clock import wall_clock
from hozir.contract.codec import encode
from hozir.contract.errors import HozirError, LogFull, Unreadable
from hozir.contract.ids import VISITOR_ID
from hozir.contract.site import Site
from ingest.address import Network, client_address
from ingest.admit_reply import TOKEN, ReplyClaim, admit_reply, check_page, decode_reply
from ingest.asgi import JSON, Gone, answer, cors, headers_of, read_body, refuse
from ingest.downlink import PREFIX
from ingest.history import History
from ingest.limits import Limits
from ingest.metrics import Metrics
from ingest.reject import Rejected
from ingest.replies import Replies
from ingest.sites import SiteDirectory

MAX_BODY = 32 * 1024
"""The longest text, each character of it written as an escape, and its ids."""
LOOK_KEPT = (b"cache-control", b"public, max-age=60")
METHODS = {"": b"POST, OPTIONS", "history": b"POST, OPTIONS", "look": b"GET, OPTIONS"}


class Asked(msgspec.Struct, frozen=True):
    """The body of one `POST /w/{site_key}/history`."""

    visitor_id: str
    token: str


_ASKED = msgspec.json.Decoder(Asked)


class Chat:
    """Takes replies, tells histories and looks."""

    def __init__(
        self,
        *,
        replies: Replies,
        history: History,
        sites: SiteDirectory,
        proxies: tuple[Network, ...],
        limits: Limits,
        metrics: Metrics,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._replies = replies
        self._history = history
        self._sites = sites
        self._proxies = proxies
        self._limits = limits
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key, _, what = scope["path"][len(PREFIX) :].partition("/")
        methods = METHODS.get(what)
        if methods is None:
            await answer(send, 404, [])
            return
        if scope["method"] not in methods.decode().split(", "):
            await answer(send, 405, [(b"allow", methods)])
            return
        headers = headers_of(scope["headers"])
        site = self._sites.get(key)
        allowed = cors(headers.get(b"origin", ""), site)
        if scope["method"] == "OPTIONS":
            await answer(send, 204, allowed)
            return
        peer = scope["client"][0] if scope["client"] else ""
        address = client_address(peer, headers.get(b"x-forwarded-for", ""), self._proxies)
        try:
            said = await self._say(what, site, headers, address, receive)
        except Gone:
            return
        if isinstance(said, Rejected):
            self._metrics.rejected.labels(said.reason).inc()
            await refuse(send, said, allowed)
        elif said:
            kept = [LOOK_KEPT] if what == "look" else []
            await answer(send, 200, [*allowed, *kept, JSON], said)
        else:
            await answer(send, 204, allowed)

    async def _say(
        self,
        what: str,
        site: Site | None,
        headers: dict[bytes, str],
        address: str,
        receive: Receive,
    ) -> bytes | Rejected:
        if site is None:
            return Rejected("unknown_site")
        if rejected := self._limits.of_request(address, site):
            return rejected
        origin = headers.get(b"origin", "")
        if what == "look":
            return check_page(site, origin) or look_of(site)
        body = await read_body(headers.get(b"content-length", ""), receive, MAX_BODY)
        if body is None:
            return Rejected("too_large", f"more than {MAX_BODY} bytes")
        try:
            if what == "history":
                return await self._tell(site, origin, body, address)
            return await self._take(site, origin, body)
        except Unreadable as error:
            return Rejected("malformed", str(error)[:200])

    async def _take(self, site: Site, origin: str, body: bytes) -> bytes | Rejected:
        reply = decode_reply(body)
        if rejected := self._limits.of_visitor(site.site_key, reply.visitor_id):
            return rejected
        admitted = admit_reply(ReplyClaim(reply, site, origin, self._clock()))
        if isinstance(admitted, Rejected):
            return admitted
        try:
            await self._replies.append(admitted)
        except LogFull as error:
            return Rejected("log_full", str(error), retry_after=10)
        except HozirError as error:
            return Rejected("log_unavailable", str(error)[:200], retry_after=2)
        return b""

    async def _tell(self, site: Site, origin: str, body: bytes, address: str) -> bytes | Rejected:
        try:
            asked = _ASKED.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unreadable(str(error)) from error
        rejected = self._limits.of_visitor(site.site_key, asked.visitor_id)
        if rejected := rejected or check_page(site, origin):
            return rejected
        if not VISITOR_ID.fullmatch(asked.visitor_id):
            return Rejected("bad_id", "visitor_id")
        if not TOKEN.fullmatch(asked.token):
            return Rejected("bad_id", "token")
        return await self._history.ask(site.site_key, asked.visitor_id, asked.token, address)


def look_of(site: Site) -> bytes:
    """Return how the chat looks on the site's pages, as JSON."""
    chat = site.chat
    is_link = site.privacy_url.startswith(("https://", "http://"))
    return encode(
        {
            "title": chat.title or site.name,
            "colour": chat.colour,
            "side": chat.side,
            "greeting": chat.greeting,
            "launcher": chat.launcher,
            "bot_name": chat.bot_name,
            "privacy_notice": site.privacy_notice,
            "privacy_url": site.privacy_url if is_link else "",
        }
    )
