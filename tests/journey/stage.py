"""Who takes part in a journey: a site with pages of its own, its team, and its visitors."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect

from tests.stack import Stack

PATIENCE = 60_000
"""ms until a screen must show something, whatever else the machine does."""
LIVE = 20_000
"""The same for what is pushed to a screen that is open."""
OPERATORS_PASSWORD = "what the operator chose"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36"
)
WINDOWS_11 = {
    "userAgent": CHROME,
    "userAgentMetadata": {
        "brands": [{"brand": "Google Chrome", "version": "120"}],
        "fullVersionList": [{"brand": "Google Chrome", "version": "120.0.0.0"}],
        "platform": "Windows",
        "platformVersion": "15.0.0",
        "architecture": "x86",
        "model": "",
        "mobile": False,
    },
}
HIDE = """hidden => {
  const say = (name, value) => Object.defineProperty(document, name, { value, configurable: true });
  say("visibilityState", hidden ? "hidden" : "visible");
  say("hidden", hidden);
  document.dispatchEvent(new Event("visibilitychange"));
}"""
END_OF_VISIT = """() => {
  const [id, start, last, count] = localStorage.hozir_session.split(",");
  localStorage.hozir_session = [id, start, last - 31 * 60e3, count];
}"""

PAGE = """<!doctype html><html lang="uz"><meta charset="utf-8"><title>{title}</title>
<script>window.hozir = window.hozir || function () {{ (hozir.q = hozir.q || []).push(arguments) }}
</script><script async src="{door}/h.js" data-site="{key}"></script>
<main style="height:3000px"><h1>{title}</h1><button>Savatga</button>
<nav><a href="/home">Home</a> <a href="/features">Features</a> <a href="/pricing">Pricing</a></nav>
</main></html>"""


class Shop:
    """A site of a customer: pages on another origin than the door, which carry the script."""

    def __init__(self, system: Stack, name: str = "Chaqqon Market", **settings: Any) -> None:
        self.system, self.key = system, f"shop_{uuid4().hex[:8]}"
        self.page_key = self.key
        """The key that its pages carry."""
        with system.client() as admin:
            new = {"site_key": self.key, "name": name, "loopback": True, "timezone": "UTC"}
            admin.post("/api/v1/sites", json=new).raise_for_status()
            if settings:
                change = admin.patch(f"/api/v1/sites/{self.key}", json=settings)
                change.raise_for_status()
        shop = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                title = self.path.strip("/").split("?")[0].capitalize() or "Home"
                page = PAGE.format(title=title, door=shop.system.ingest, key=shop.page_key)
                body = page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Close the shop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def get(self, client: httpx.Client, path: str, **query: Any) -> Any:
        """Return what the API says about this site."""
        answer = client.get(f"/api/v1/{path}", params={"site": self.key, **query})
        answer.raise_for_status()
        return answer.json()


class Visitor:
    """Somebody with a browser of their own, as a person has it: no sign of being driven."""

    def __init__(self, browser: Browser, shop: Shop) -> None:
        self.context: BrowserContext = browser.new_context(user_agent=CHROME, locale="uz-UZ")
        self.shop = shop
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        """Open another tab."""
        page = self.context.new_page()
        self.context.new_cdp_session(page).send("Emulation.setUserAgentOverride", WINDOWS_11)
        return page

    def go(self, path: str = "/home") -> None:
        """Open a page, and wait until the door has taken its first beacon."""
        with self.page.expect_response(is_beacon, timeout=PATIENCE):
            self.page.goto(self.shop.url + path)

    @property
    def id(self) -> str:
        """What the site knows this browser by."""
        found: str = self.page.evaluate("hozir.door.ids().visitor_id")
        return found

    @property
    def popup(self) -> Locator:
        """The chat, as a card or opened."""
        return self.page.get_by_role("dialog")

    def messages(self) -> list[str]:
        """Return what is said in the popup, oldest first."""
        return self.page.locator("hozir-chat .m").all_inner_texts()

    def say(self, text: str) -> None:
        """Write in the popup, which is shown."""
        self.page.locator("hozir-chat textarea").fill(text)
        self.page.locator("hozir-chat .send").click()


class Desk:
    """Somebody of the team at their screen."""

    def __init__(self, browser: Browser, system: Stack, **context: Any) -> None:
        options: dict[str, Any] = {"viewport": {"width": 1440, "height": 1000}} | context
        self.context = browser.new_context(locale="uz-UZ", **options)
        self.failures: list[str] = []
        self.context.on("weberror", lambda error: self.failures.append(str(error.error)))
        self.page = self.context.new_page()
        self.system = system

    def sign_in(self, email: str, password: str, path: str = "/") -> None:
        """Go to a page by the door that everybody takes."""
        self.page.goto(self.system.web + path)
        self.page.locator("input[type=email]").fill(email)
        self.page.locator("input[type=password]").fill(password)
        self.page.keyboard.press("Enter")

    @property
    def cards(self) -> Locator:
        """The cards of who is here."""
        return self.page.locator(".of-list .card:not(.leaving)")

    @property
    def number(self) -> Locator:
        """How many are online, above the list."""
        return self.page.locator(".of-head .big .n")

    def said(self) -> list[str]:
        """Return what stands in the open conversation, oldest first."""
        return self.page.locator(".bu .tx").all_inner_texts()


def is_beacon(answer: Response) -> bool:
    """Tell whether the door has answered a beacon."""
    return "/e/" in answer.url and answer.request.method == "POST"


def hire(system: Stack, shop: Shop, name: str = "Malika Yusupova") -> str:
    """Add an operator who has chosen a password; return their e-mail."""
    email = f"{uuid4().hex[:8]}@chaqqon.example"
    new = {"email": email, "name": name, "role": "operator", "sites": [shop.key], "language": "uz"}
    with system.client() as admin:
        made = admin.post("/api/v1/users", json=new)
        made.raise_for_status()
    first = made.json()["data"]["password"]
    with httpx.Client(base_url=system.web, timeout=30) as own:
        told = own.post("/api/v1/session", json={"email": email, "password": first})
        told.raise_for_status()
        change = {"old": first, "new": OPERATORS_PASSWORD}
        own.post("/api/v1/session/password", json=change).raise_for_status()
    return email


def until(page: Page, holds: Callable[[], object], seconds: float = 60, what: str = "") -> None:
    """Wait until something is so, while the pages of the same browser go on living."""
    for _ in range(int(seconds * 20)):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"waited {seconds:g} s in vain {what}")


def press_until(page: Page, key: str, wanted: Callable[[], object], most: int = 60) -> None:
    """Press a key until something is so."""
    for _ in range(most):
        if wanted():
            return
        page.keyboard.press(key)
    raise AssertionError(f"{most} times {key} did not lead there, but to {focused(page)!r}")


def focused(page: Page) -> str:
    """Return the words of what has the focus, through all shadow roots."""
    found: str = page.evaluate(
        """() => {
          let at = document.activeElement;
          while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          const name = at?.getAttribute("aria-label") || at?.innerText || at?.value || "";
          return `${at?.localName} ${name}`.trim();
        }"""
    )
    return found


def shows(locator: Locator, text: str | re.Pattern[str], timeout: float = LIVE) -> None:
    """Hold a piece of a screen to its words."""
    expect(locator).to_contain_text(text, timeout=timeout)
