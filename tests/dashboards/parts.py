"""A page with one part of a component on it, and the server's ends of its wires."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute

from dashboards.components import mount
from dashboards.texts import Language, part
from tests.chromium import PATIENCE

ORIGIN = "http://hozir.test"
MODULES = "/_stcore/bidi-components/hozir.one/"


def page_of(component: str) -> str:
    """Return a page that mounts parts of a component as Streamlit does."""
    file = mount.file_of(component)
    return f"""<!doctype html><body style="margin:0">
<div id="main" style="height:100vh;overflow:auto"><div id="host"></div></div><script type="module">
import mount from "{MODULES}{file}.js";
window.told = [];
window.frame = requestAnimationFrame.bind(window);
window.mount = (data) => {{
  const root = host.shadowRoot || host.attachShadow({{ mode: "open" }});
  if (!root.children.length) {{
    root.innerHTML = '<link rel="stylesheet" href="{MODULES}{file}.css">'
      + '<div class="part"></div>';
  }}
  const setTriggerValue = (name, value) => window.told.push([name, value]);
  const setStateValue = setTriggerValue;
  window.unmount = mount({{ data, parentElement: root, setTriggerValue, setStateValue }});
}};
window.ready = true;
</script>"""


class OnePart:
    """A part about one visitor. `answers` maps a path of the API to a status and a body."""

    def __init__(self, page: Page, component: str) -> None:
        self.page = page
        self.component = component
        self.sockets: list[WebSocketRoute] = []
        self.seq = 0
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        page.route("**/*", self._serve)
        page.route_web_socket("**/api/v1/live*", self._meet)
        page.goto(ORIGIN + "/")
        page.wait_for_function("window.ready")

    def _serve(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(ORIGIN).split("?")[0]
        if path.startswith(MODULES):
            file = mount.ASSETS / path.removeprefix(MODULES)
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/":
            route.fulfill(body=page_of(self.component), content_type="text/html")
        else:
            self.asked.append((request.method, path, request.post_data))
            status, body = self.answers.get(path, (404, {"error": {"reason": "not_found"}}))
            if status == 0:
                route.abort()
            else:
                route.fulfill(status=status, json=body)

    def _meet(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: None)

    def mount(self, visitor: dict[str, Any], language: Language = "en", **more: Any) -> None:
        texts = part(language, "live.", "profile.", "insight.", "composer.")
        data = {
            "part": self.component,
            "language": language,
            "text": texts,
            "site": {"key": "demo", "zone": "UTC"},
            "visitor": visitor,
            **more,
        }
        self.page.evaluate("data => window.mount(data)", data)
        self.page.wait_for_function("host.shadowRoot.querySelector('.part > *')")
        self.until(lambda: bool(self.sockets))

    def until(self, true: Callable[[], bool], patience: int = PATIENCE) -> None:
        for _ in range(patience // 20):
            if true():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it never came true")

    def send(self, event: str, data: dict[str, Any]) -> None:
        self.seq += 1
        self.sockets[-1].send(json.dumps({"event": event, "seq": self.seq, "data": data}))
        self.settle()

    def settle(self) -> None:
        """Wait until the page has taken what was said so far, and has drawn since.

        By its true frames, also where its clock was stopped.
        """
        self.page.evaluate("() => new Promise((done) => frame(() => frame(() => done())))")

    def snapshot(self, *visitors: dict[str, Any]) -> None:
        counts = {"online": len(visitors), "active": len(visitors), "away": 0, "matching": 0}
        self.send("snapshot", {"visitors": visitors, "counts": counts, "now": iso(0)})

    def change(self, visitor: dict[str, Any], event: str = "visitor.changed") -> None:
        data = {"visitor_id": visitor["id"], "visitor": visitor, "timestamp": iso(0)}
        self.send(event, data)

    def leave(self, visitor: dict[str, Any]) -> None:
        self.send("visitor.offline", {"visitor_id": visitor["id"], "timestamp": iso(0)})

    def told(self, name: str) -> list[Any]:
        return [value for told, value in self.page.evaluate("window.told") if told == name]

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()


def iso(seconds_ago: float) -> str:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seen(number: int, url: str, ago: float, seconds: int, **more: Any) -> dict[str, Any]:
    """A page view that began `ago` seconds ago."""
    return {
        "number": number,
        "url": url,
        "title": f"Page {url}",
        "timestamp": iso(ago),
        "visible_ms": seconds * 1000,
        "duration_seconds": seconds,
        "interactions": 0,
        "scroll_depth": 0,
        **more,
    }


def whole_visitor(**more: Any) -> dict[str, Any]:
    """Somebody who is here, with everything that the API tells of one."""
    pages = [seen(1, "/", 200, 60), seen(2, "/pricing", 90, 80, scroll_depth=65, interactions=3)]
    return {
        "id": "v_1",
        "session_id": "s_1",
        "name": None,
        "name_source": None,
        "email": None,
        "identity": None,
        "number": 12847,
        "presence": "active",
        "is_online": True,
        "contacted": False,
        "chatting": False,
        "bot": None,
        "location": {
            "country": "Uzbekistan",
            "country_code": "UZ",
            "city": "Tashkent",
            "region": "Tashkent",
            "timezone": "Asia/Tashkent",
        },
        "current_page": {"url": "/pricing", "title": "Page /pricing", "timestamp": iso(90)},
        "pages": pages,
        "page_history": [*reversed(pages), seen(1, "/blog", 9 * 86400, 30)],
        "session": {
            "started_at": iso(201),
            "last_activity_at": iso(2),
            "duration_seconds": 200,
            "pages_viewed": 2,
            "interactions": 3,
            "visit": 2,
        },
        "device": {
            "type": "desktop",
            "os": "Windows",
            "os_version": "11",
            "browser": "Chrome",
            "browser_version": "131.0",
            "screen_resolution": "1920x1080",
            "language": "uz-UZ",
        },
        "referrer": {"source": "Google", "medium": "organic", "campaign": "spring"},
        "ip_address": "82.215.x.x",
        "totals": {
            "first_seen_at": iso(9 * 86400),
            "last_seen_at": iso(2),
            "visits": 2,
            "pages_viewed": 3,
            "avg_session_seconds": 125,
            "bounce_rate": 0.5,
            "top_pages": [{"url": "/pricing", "views": 14}, {"url": "/", "views": 7}],
        },
        "person": None,
        "contact": None,
        "insight": None,
        "conversations": [],
        "events": None,
        **more,
    }
