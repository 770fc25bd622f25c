"""Changes for tests: short to write, telling what the pipeline tells and no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hozir.contract.change import Change, ChangeKind, Fact, PageView, Presence, Session
from hozir.contract.event import Dimensions

NOON = 1_790_000_000_000
"""A moment in 2026, in milliseconds."""


def an_id(prefix: str, number: int) -> str:
    """Return `v_…`, `s_…` or `t_…` for a small number."""
    return f"{prefix}_{UUID(int=number)}"


def a_page(number: int = 1, path: str = "/", **more: Any) -> PageView:
    """Return a page view."""
    values: dict[str, Any] = {
        "tab_id": an_id("t", 1),
        "view": number,
        "url": f"https://shop.example{path}",
        "title": f"Page {path}",
        "at": NOON + number * 1000,
    } | more
    return PageView(number=number, path=path, **values)


def a_session(session: int = 1, visitor: int | None = None, **more: Any) -> Session:
    """Return a session; its visitor has the same number unless told."""
    values: dict[str, Any] = {
        "site_key": "demo",
        "started_at": NOON,
        "last_seen_at": NOON,
        "last_activity_at": NOON,
        "presence": "active",
        "presence_since": NOON,
        "tabs": 1,
        "pages_viewed": 1,
        "interactions": 0,
        "visible": 0,
        "dimensions": Dimensions(
            ip="95.142.12.0",
            country="UZ",
            city="Tashkent",
            region="Toshkent",
            latitude=41.3,
            longitude=69.24,
            timezone="Asia/Tashkent",
            device="desktop",
            os="Windows",
            os_version="11",
            browser="Chrome",
            browser_version="120.0",
            screen="1920x1080",
            language="uz-UZ",
            source="Google",
            medium="organic",
            referrer="https://www.google.com/",
        ),
    } | more
    return Session(
        session_id=an_id("s", session),
        visitor_id=an_id("v", session if visitor is None else visitor),
        **values,
    )


def a_change(
    kind: ChangeKind = "opened",
    seq: int = 0,
    session: Session | None = None,
    page: PageView | None = None,
    **more: Any,
) -> Change:
    """Return a change; at its session's last sign of life unless told."""
    session = session or a_session()
    values = {"at": session.last_seen_at} | more
    return Change(kind=kind, seq=seq, session=session, page=page or a_page(), **values)


class Visit:
    """A visit that writes its own changes, as the pipeline would: `visit.reads("/pricing")`."""

    def __init__(self, session: int = 1, visitor: int | None = None, **more: Any) -> None:
        more.setdefault("started_at", NOON)
        self.at: int = more["started_at"]
        more.setdefault("last_seen_at", self.at)
        self.session = a_session(session, visitor, **more)
        self.page = a_page(1, at=self.at)
        self.pages = [self.page]
        self.seq = -1
        self.changes: list[Change] = []

    def opens(self) -> Change:
        """Arrive on `/`."""
        return self._say("opened")

    def reads(self, path: str) -> Change:
        """Go to another page after ten seconds; the one before is settled."""
        self.at += 10_000
        left = self.page = _with(self.page, visible=10_000)
        self.pages[-1] = left
        self.page = a_page(len(self.pages) + 1, path, at=self.at)
        self.pages.append(self.page)
        return self._say(
            "page_view",
            from_path=left.path,
            settled=[_with(left, url="", path="", title="")],
            pages_viewed=len(self.pages),
            visible=sum(page.visible for page in self.pages),
            last_activity_at=self.at,
        )

    def does(self, name: str, target: str = "button.cta", **props: Any) -> Change:
        """Touch something."""
        self.at += 1_000
        self.page = self.pages[-1] = _with(self.page, interactions=self.page.interactions + 1)
        fact = Fact(
            kind="interaction",
            at=self.at,
            name=name,
            target=target,
            path=self.page.path,
            props=props,
        )
        return self._say("interaction", fact=fact, interactions=self.session.interactions + 1)

    def identifies(self, **props: Any) -> Change:
        """Say who it is."""
        self.at += 1_000
        fact = Fact(kind="identify", at=self.at, props=props)
        return self._say("identify", fact=fact, identity=self.session.identity | props)

    def becomes(self, presence: Presence, after: int = 1_000) -> Change:
        """Turn active, away, leaving or offline."""
        self.at += after
        return self._say("presence", presence=presence, presence_since=self.at)

    def ends(self) -> Change:
        """End for good."""
        self.at += 1_800_000
        self.page = self.pages[-1] = _with(self.page, exit=True)
        seen = self.session.last_seen_at
        return self._say("ended", presence="offline", ended_at=seen, last_seen_at=seen)

    def _say(self, kind: ChangeKind, **more: Any) -> Change:
        told = {name: more.pop(name) for name in ("from_path", "settled", "fact") if name in more}
        self.session = _with(self.session, **({"last_seen_at": self.at} | more))
        self.seq += 1
        session = self.session if kind == "opened" else _with(self.session, dimensions=None)
        change = a_change(kind, self.seq, session, self.page, at=self.at, **told)
        self.changes.append(change)
        return change


def _with(thing: Any, **more: Any) -> Any:
    return type(thing)(**{name: getattr(thing, name) for name in thing.__struct_fields__} | more)
