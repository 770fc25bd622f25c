"""A page with one part of the live page on it, and the server's ends of its lines."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, WebSocketRoute

from dashboards.components import mount
from dashboards.texts import Language, part
from tests.chromium import PATIENCE

ORIGIN = "http://hozir.test"
MODULES = "/_stcore/bidi-components/hozir.live/"
LIVE = MODULES + mount.file_of("live")
PAGE = f"""<!doctype html><body style="margin:0">
<div id="main" style="height:100vh;overflow:auto"><div id="host"></div></div><script type="module">
import mount from "{LIVE}.js";
window.told = [];
window.frame = requestAnimationFrame.bind(window);
window.mount = (data) => {{
  const root = host.shadowRoot || host.attachShadow({{ mode: "open" }});
  if (!root.children.length) {{
    root.innerHTML = '<link rel="stylesheet" href="{LIVE}.css"><div class="part"></div>';
  }}
  const setTriggerValue = (name, value) => window.told.push([name, value]);
  const setStateValue = setTriggerValue;
  window.unmount = mount({{ data, parentElement: root, setTriggerValue, setStateValue }});
}};
window.ready = true;
</script>"""


class Screen:
    """A page with one part on it, and the server's end of its socket."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []
        self.seq = 0
        self.answers: dict[str, Callable[[dict[str, str]], Any]] = {}
        """What the API answers by path, of the query; anything else is not found."""
        self.given: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        page.route("**/*", self._serve)
        page.route_web_socket("**/api/v1/live*", self._meet)
        page.goto(ORIGIN + "/")
        page.wait_for_function("window.ready")

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        if path.startswith(MODULES):
            file = mount.ASSETS / path.removeprefix(MODULES)
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path.startswith("/api/"):
            self._answer(route, path.removeprefix("/api/v1/"))
        else:
            route.fulfill(status=404, body="")

    def _answer(self, route: Route, path: str) -> None:
        query = {n: v[0] for n, v in parse_qs(urlsplit(route.request.url).query).items()}
        self.asked.append((path, query))
        if path in self.answers:
            route.fulfill(json=self.answers[path](query))
        else:
            route.fulfill(status=404, json={})

    def _meet(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))

    def mount(self, name: str = "list", language: Language = "uz", **more: Any) -> None:
        self.given = self.data(name, language, **more)
        self.page.evaluate("data => window.mount(data)", self.given)
        self.until(lambda: bool(self.sockets))

    def data(self, name: str = "list", language: Language = "uz", **more: Any) -> dict[str, Any]:
        site = {"key": "demo", "name": "Demo", "domain": "", "zone": "UTC", "had_visitors": True}
        return {
            "part": name,
            "language": language,
            "text": part(language, "live.", "profile."),
            "person": "1",
            "site": site,
            "filters": {},
            "known": {"countries": ["UZ"], "pages": ["/"]},
            **more,
        }

    def until(self, true: Callable[[], bool], patience: int = PATIENCE) -> None:
        for _ in range(patience // 20):
            if true():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it never came true")

    def send(self, event: str, data: dict[str, Any], skip: int = 0) -> None:
        self.seq = 1 if event == "snapshot" and not self.seq else self.seq + 1 + skip
        self.sockets[-1].send(json.dumps({"event": event, "seq": self.seq, "data": data}))

    def snapshot(self, visitors: list[dict[str, Any]]) -> None:
        data = {"visitors": visitors, "counts": counts(len(visitors)), "now": iso(0)}
        self.send("snapshot", data)
        self.settle()

    def arrive(self, who: dict[str, Any], online: int, event: str = "visitor.online") -> None:
        data = {"visitor_id": who["id"], "visitor": who, "timestamp": iso(0)}
        self.send(event, {**data, "counts": counts(online)})
        self.settle()

    def leave(self, who: dict[str, Any], online: int) -> None:
        data = {"visitor_id": who["id"], "timestamp": iso(0), "counts": counts(online)}
        self.send("visitor.offline", data)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has taken what was said so far, and has drawn since.

        By its true frames, also where its clock was stopped.
        """
        self.page.evaluate("() => new Promise((done) => frame(() => frame(() => done())))")

    def rest(self) -> None:
        """Wait until what moves has arrived. What pulses for ever does not count."""
        self.settle()
        self.page.wait_for_function(
            """() => host.shadowRoot.getAnimations()
                 .every((one) => one.effect.getTiming().iterations === Infinity)"""
        )
        self.settle()

    def names(self) -> list[str]:
        return self.page.locator(".slot .nm").all_inner_texts()

    def focused(self) -> str | None:
        found: str | None = self.page.evaluate(
            "host.shadowRoot.activeElement?.closest('.slot')?.querySelector('.nm').textContent"
        )
        return found


def iso(seconds_ago: float) -> str:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def counts(online: int) -> dict[str, int]:
    return {"online": online, "active": online, "away": 0, "matching": online}


def visitor(number: int, **more: Any) -> dict[str, Any]:
    """A visitor who came `number` minutes ago, so that lower numbers stand higher."""
    page = {"url": "/", "title": "Home", "timestamp": iso(60 * number), "number": 1}
    return {
        "id": f"v_{number}",
        "name": f"Visitor {number}",
        "number": number,
        "presence": "active",
        "is_online": True,
        "location": {"country": "Oʻzbekiston", "country_code": "UZ", "city": "Toshkent"},
        "current_page": page,
        "pages": [{**page, "visible_ms": 1000, "duration_seconds": 1}],
        "session": {"started_at": iso(60 * number), "pages_viewed": 1, "visit": 1},
        "device": {"type": "desktop", "browser": "Firefox", "browser_version": "133.0"},
        **more,
    }


def stand_still(screen: Screen) -> None:
    """Stop the page's clock: from here on time passes by `run_for` alone."""
    screen.page.clock.install(time=datetime.now(UTC))
    screen.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))


def a_whole_visitor(**more: Any) -> dict[str, Any]:
    """A visitor of five minutes and 32 seconds, of whom everything is known."""
    ways = ["/", "/blog", "/about", "/pricing"]
    pages = [
        {
            "url": url,
            "title": f"Page {at}",
            "timestamp": iso(332 - 60 * at),
            "number": at,
            "visible_ms": 45_000,
            "duration_seconds": 45,
        }
        for at, url in enumerate(ways, 1)
    ]
    device = {"type": "mobile", "os": "Android", "browser": "Chrome", "browser_version": "120.0"}
    session = {"started_at": iso(332), "pages_viewed": 4, "visit": 3}
    known = {"pages": pages, "current_page": pages[-1], "session": session, "device": device}
    who = {"name": "Malika Yusupova", "email": "malika@shop.example"}
    return visitor(1) | known | who | more
