"""The screens of a running system in a browser, as somebody of the team opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.chromium import PATIENCE
from tests.stack import EMAIL, PASSWORD, Stack


class Desk:
    """Somebody at their screen. What the pages ask of other hosts, say and break is kept."""

    def __init__(self, context: BrowserContext, system: Stack) -> None:
        self.system = system
        self.outside: list[str] = []
        self.broken: list[str] = []
        self.page = context.new_page()
        self._ours = {urlsplit(url).netloc for url in (system.web, system.ingest)}
        context.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.broken.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _hear(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.broken.append(message.text)

    def _note(self, url: str) -> None:
        if url.startswith(("http", "ws")) and urlsplit(url).netloc not in self._ours:
            self.outside.append(url)

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Sign in by the form."""
        self.page.goto(f"{self.system.web}/sign-in")
        self.page.locator("input[type=email]").fill(email)
        self.page.locator("input[name=password], input[type=password]").first.fill(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        self.settled()

    def open(self, path: str = "", site: str = "demo", lang: str = "en", **query: str) -> Page:
        """Open a screen and wait until it stands."""
        asked = urlencode({"site": site, "lang": lang, **query})
        self.page.goto(f"{self.system.web}/{path}?{asked}")
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until Streamlit has drawn what it had to draw."""
        self.page.locator("[data-testid=stSidebar], [data-testid=stMain]").first.wait_for(
            state="attached"
        )
        self.page.wait_for_function(
            """() => {
              const app = document.querySelector("[data-testid=stApp]");
              return app?.dataset.testScriptState === "notRunning"
                && document.querySelector("[data-testid=stMain] [data-testid=stElementContainer]")
                && !document.querySelector("[data-testid=stSkeleton]");
            }"""
        )

    def map_drawn(self) -> None:
        """Wait until frames follow each other: without a graphics card the first take seconds."""
        self.page.locator("[data-testid=stDeckGlJsonChart] canvas").first.wait_for()
        self.page.wait_for_function(
            "performance.getEntriesByType('resource').some((one) => /geojson/.test(one.name))"
        )
        self.page.evaluate(
            """() => new Promise((done) => {
              let quick = 0, last = performance.now();
              const frame = (now) => {
                quick = now - last < 150 ? quick + 1 : 0;
                last = now;
                if (quick < 20) requestAnimationFrame(frame);
                else done();
              };
              requestAnimationFrame(frame);
            })"""
        )

    def saved(self, words: str = "Saved") -> None:
        """Wait until the page says that it did what was asked."""
        toast = self.page.get_by_test_id("stToast").filter(has_text=words)
        expect(toast.first).to_be_visible(timeout=PATIENCE)
        self.settled()


@contextmanager
def desk(browser: Browser, system: Stack, **how: Any) -> Iterator[Desk]:
    """Give a browser profile of its own with one page."""
    context = browser.new_context(**({"viewport": {"width": 1440, "height": 1000}} | how))
    yield Desk(context, system)
    context.close()
