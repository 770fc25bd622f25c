"""A page with the inbox or the bell on it, and a desk that answers as the API agreed."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Page, Route, WebSocketRoute

from dashboards.components import mount
from dashboards.texts import Language, part
from tests.chromium import PATIENCE

ORIGIN = "http://hozir.test"
COMPONENTS = "/_stcore/bidi-components/"
PAGE = f"""<!doctype html><html lang="uz"><head><title>Hozir</title></head>
<body style="margin:0;font:14px Inter,sans-serif;background:light-dark(#F6F7FB,#0B0F1A)">
<div id="bellhost"></div><div id="host" style="padding:0 24px"></div><script type="module">
const parts = {{}};
window.told = [];
window.mount = async (data) => {{
  const base = "{COMPONENTS}hozir." + data.part + "/inbox/" + data.part;
  const host = document.getElementById(data.part === "bell" ? "bellhost" : "host");
  const root = host.shadowRoot || host.attachShadow({{ mode: "open" }});
  if (!root.children.length) {{
    root.innerHTML = `<link rel="stylesheet" href="${{base}}.css"><div class="part"></div>`;
  }}
  const setTriggerValue = (name, value) => window.told.push([name, value]);
  const module = parts[data.part] ??= await import(base + ".js");
  window["unmount_" + data.part] = module.default({{ data, parentElement: root, setTriggerValue }});
}};
window.ready = true;
</script></body></html>"""
ME = {"id": "u_1", "name": "Malika"}
TEAM = [{**ME, "role": "operator"}, {"id": "u_2", "name": "Bekzod", "role": "manager"}]
EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'


def iso(seconds_ago: float = 0) -> str:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def visitor(number: int, **more: Any) -> dict[str, Any]:
    page = {"url": f"/p{number}", "title": f"Page {number}", "timestamp": iso(90), "number": 2}
    first = {"url": "/", "title": "Home", "timestamp": iso(200), "number": 1}
    return {
        "id": f"v_{number}",
        "name": f"Visitor {number}",
        "number": number,
        "email": None,
        "presence": "active",
        "is_online": True,
        "location": {"city": "London", "country_code": "GB", "timezone": "Europe/London"},
        "current_page": page,
        "pages": [
            {**first, "visible_ms": 40_000, "duration_seconds": 40},
            {**page, "visible_ms": 90_000, "duration_seconds": 90},
        ],
        "session": {"started_at": iso(200), "pages_viewed": 2, "visit": 2, "tabs": 1},
        "device": {"type": "desktop", "os": "macOS", "browser": "Safari", "language": "en-GB"},
        "referrer": {"source": "Google"},
        "last_seen_at": iso(2),
        **more,
    }


class Desk:
    """The server's end: conversations, their messages, and who is listening."""

    def __init__(self) -> None:
        self.conversations: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.presence: dict[str, dict[str, Any]] = {}
        self.templates: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.refuse: Callable[[str, str], tuple[int, str] | None] = lambda method, path: None
        self.lines: list[Line] = []
        self.silent = False

    def add(self, number: int, status: str = "waiting", **more: Any) -> dict[str, Any]:
        id_ = f"c_{number}"
        self.messages[id_] = []
        self.conversations[id_] = {
            "id": id_,
            "site_key": "demo",
            "visitor": visitor(number),
            "status": status,
            "opened_at": iso(3600),
            "started_by": "visitor",
            "last_at": iso(60 * number),
            "waiting_since": iso(60 * number) if status == "waiting" else None,
            "unread": 0,
            "messages": 0,
            "assignee": None,
            "last_message": None,
            **more,
        }
        return self.conversations[id_]

    def say(
        self, id_: str, text: str, author: str = "visitor", tell: bool = True, **more: Any
    ) -> dict[str, Any]:
        """Add a message, and tell who is on the line."""
        known = self.messages[id_]
        conversation = self.conversations[id_]
        message = {
            "id": f"m_{id_}_{len(known) + 1}",
            "conversation_id": id_,
            "number": len(known) + 1,
            "at": iso(),
            "author": author,
            "author_id": ME["id"] if author == "agent" else "",
            "author_name": ME["name"] if author == "agent" else "",
            "text": text,
            "state": "sent",
            "detail": {},
            **more,
        }
        known.append(message)
        conversation |= {"last_message": dict(message), "messages": len(known)}
        if tell:
            conversation["last_at"] = message["at"]
        if author == "visitor":
            conversation["unread"] += 1
        if tell and not self.silent:
            self.tell("message", {"conversation_id": id_, "message": message})
            self.tell("conversation", {"conversation": conversation})
        return message

    def counts(self) -> dict[str, int]:
        every = list(self.conversations.values())
        found = dict.fromkeys(("waiting", "active", "closed"), 0)
        for each in every:
            found[each["status"]] += 1
        return {**found, "unread": sum(each["unread"] for each in every)}

    def snapshot(self) -> dict[str, Any]:
        every = sorted(self.conversations.values(), key=lambda each: each["last_at"], reverse=True)
        return {
            "conversations": every[:200],
            "counts": self.counts(),
            "now": iso(),
            "me": ME,
            "team": TEAM,
        }

    def tell(self, event: str, data: dict[str, Any]) -> None:
        for line in self.lines:
            line.send(event, data | {"counts": self.counts()})

    def cut(self) -> None:
        lines, self.lines = self.lines, []
        for line in lines:
            line.socket.close()

    def asked(self, method: str, ending: str) -> list[dict[str, Any]]:
        return [body for how, path, body in self.calls if how == method and path.endswith(ending)]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if (refused := self.refuse(method, path)) is not None:
            status, reason = refused
            return status, {"error": {"reason": reason, "message": ""}}
        if path == "templates":
            return 200, {"data": self.templates}
        if path.startswith("visitors/"):
            for each in self.conversations.values():
                if each["visitor"]["id"] == path.removeprefix("visitors/"):
                    return 200, {**each["visitor"], "conversations": []}
            return 404, {"error": {"reason": "unknown_visitor", "message": ""}}
        if path == "conversations":
            return 200, {"data": self.find(query), "meta": self.counts()}
        _, id_, *what = path.split("/")
        if id_ not in self.conversations:
            return 404, {"error": {"reason": "unknown_conversation", "message": ""}}
        return self.act(method, id_, what[0] if what else "", query, body)

    def find(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = sorted(self.conversations.values(), key=lambda each: each["last_at"], reverse=True)
        if "status" in query:
            found = [each for each in found if each["status"] == query["status"]]
        if "before" in query:
            found = found[[each["id"] for each in found].index(query["before"]) + 1 :]
        if "q" in query:
            found = [each for each in found if query["q"] in str(self.messages[each["id"]])]
        return found[: int(query.get("limit", 50))]

    def act(
        self, method: str, id_: str, what: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        conversation = self.conversations[id_]
        if what == "messages" and method == "GET":
            before = int(query.get("before", 10**9))
            page = [each for each in self.messages[id_] if each["number"] < before]
            return 200, {"data": page[-int(query["limit"]) :]}
        if what == "messages":
            for known in self.messages[id_]:
                if known["id"] == body["id"]:
                    return 201, {"data": known}
            conversation |= {"status": "active", "waiting_since": None}
            return 201, {"data": self.say(id_, body["text"], "agent", id=body["id"])}
        if what == "presence":
            return 200, self.presence.get(id_, {})
        if what == "assign":
            owner = next((each for each in TEAM if each["id"] == body["user_id"]), None)
            conversation["assignee"] = owner
        if what in ("close", "reopen"):
            conversation["status"] = "closed" if what == "close" else "active"
            detail = {"what": what.replace("close", "closed").replace("open", "opened")}
            detail["what"] = "closed" if what == "close" else "reopened"
            self.say(id_, "", "system", detail={**detail, "by": ME["name"]})
        if what == "read":
            conversation["unread"] = 0
        if what:
            self.tell("conversation", {"conversation": conversation})
        return 200, {"data": conversation}


class Line:
    """One socket of a page."""

    def __init__(self, desk: Desk, socket: WebSocketRoute) -> None:
        self.desk, self.socket, self.seq = desk, socket, 0
        self.heard: list[dict[str, Any]] = []
        socket.on_message(self._hear)

    def _hear(self, text: str | bytes) -> None:
        frame = json.loads(text)
        self.heard.append(frame)
        if frame["event"] == "snapshot":
            self.send("snapshot", self.desk.snapshot())

    def send(self, event: str, data: dict[str, Any], skip: int = 0) -> None:
        self.seq += 1 + skip
        self.socket.send(json.dumps({"event": event, "seq": self.seq, "data": data}))


class Screen:
    """A page with the inbox, the bell, or both."""

    def __init__(self, page: Page, desk: Desk, query: str = "") -> None:
        self.page, self.desk = page, desk
        self.lines: list[Line] = []
        page.route("**/*", self._serve)
        page.route_web_socket("**/api/v1/inbox*", self._meet)
        page.goto(f"{ORIGIN}/inbox{query}")
        page.wait_for_function("window.ready")

    def _serve(self, route: Route) -> None:
        request = route.request
        url = urlsplit(request.url)
        if url.path.startswith(COMPONENTS):
            file = mount.ASSETS / url.path.removeprefix(COMPONENTS).partition("/")[2]
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif url.path.startswith("/api/v1/"):
            path = unquote(url.path.removeprefix("/api/v1/"))
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            body = json.loads(request.post_data or "{}")
            self.desk.calls.append((request.method, path, {**query, **body}))
            status, answer = self.desk.answer(request.method, path, query, body)
            if status == 0:
                route.abort()
            else:
                route.fulfill(status=status, json=answer)
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    def _meet(self, socket: WebSocketRoute) -> None:
        line = Line(self.desk, socket)
        self.lines.append(line)
        self.desk.lines.append(line)
        line.send("snapshot", self.desk.snapshot())

    def mount(self, name: str = "inbox", language: Language = "en") -> Screen:
        data = {
            "part": name,
            "language": language,
            "text": part(language, "inbox.", "bell.", "live.", "role."),
            "person": "u_1",
            "may": ["send_messages"],
            "site": {"key": "demo", "name": "Demo", "zone": "UTC"},
        }
        self.page.evaluate("data => window.mount(data)", data)
        self.until(lambda: bool(self.lines))
        self.page.wait_for_timeout(60)
        return self

    def until(self, true: Callable[[], bool], patience: int = PATIENCE) -> None:
        for _ in range(patience // 20):
            if true():
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("it never came true")

    def comes_to(self, now: Callable[[], object], wanted: object, patience: int = PATIENCE) -> None:
        """Wait until it is what is wanted; if it never is, tell what it was instead."""
        for _ in range(patience // 20):
            if now() == wanted:
                return
            self.page.wait_for_timeout(20)
        assert now() == wanted

    def open(self, id_: str) -> None:
        name = self.desk.conversations[id_]["visitor"]["name"]
        self.page.locator(".cv", has_text=name).first.click()
        self.page.locator(".ch").wait_for()

    def names(self, group: str = "") -> list[str]:
        rows = f"[aria-labelledby=ix-{group}] .cv b" if group else ".cv b"
        return self.page.locator(rows).all_inner_texts()

    def said(self) -> list[str]:
        return self.page.locator(".bu .tx").all_inner_texts()

    def write(self, text: str) -> None:
        self.page.locator("textarea").fill(text)
        self.page.keyboard.press("Enter")

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()
