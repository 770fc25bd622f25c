"""Nothing on disk holds what must never reach it, after a day in small.

Everybody who comes brings marks that are found nowhere else in the world: a full address, an
e-mail and a password that they type and do not send, and others where careless pages put them. At
the end each mark is looked for in every file, in its bytes and in what it decodes to. Marks that
must be there are looked for too, in the same way: a search that finds nothing may be blind.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx
from playwright.sync_api import Page, sync_playwright

from bench.figure import Figure
from hozir.address import mask_address
from proof.disk_search import Search
from tests.chromium import CHROMIUM
from tests.crowd import Crowd
from tests.stack import NO_LIMITS, PASSWORD, Stack, stack, wait_for

VISITORS = 60
DEMO = {"site": "demo"}


@dataclass
class Marks:
    """What to look for: what may not be there, by kind, and what must be."""

    never: dict[str, list[str]] = field(default_factory=dict)
    always: list[str] = field(default_factory=list)

    def secret(self, kind: str, text: str) -> str:
        """Return a text that may reach no disk."""
        self.never.setdefault(kind, []).append(text)
        return text

    def email(self, kind: str = "e-mails") -> str:
        """Return an e-mail that nobody has."""
        return self.secret(kind, f"{uuid4().hex[:12]}@marked.example")

    def password(self) -> str:
        """Return a password that nobody has."""
        return self.secret("passwords", f"Pw-{uuid4().hex[:12]}!")


def prove() -> list[Figure]:
    """Live a day with many people, and look for what they brought."""
    return live_and_search(VISITORS)


def live_and_search(visitors: int) -> list[Figure]:
    """The same, with so many people."""
    marks = Marks()
    with tempfile.TemporaryDirectory() as folder:
        data, output = Path(folder) / "data", Path(folder) / "output.txt"
        days = Path(folder) / "days"
        with stack(data, **NO_LIMITS) as system:
            live(system, marks, visitors, days)
            words = [*[one for some in marks.never.values() for one in some], *marks.always]
            search = Search(words)
            # Once while all of it is open, with write-ahead files beside; once when it has ended.
            search.folder(data)
            assert system.stop() == 0
            output.write_text("".join(system.lines))
        search.folder(data)
        search.folder(days)
        search.file(output)
        search.decoded(data)
        search.decoded(days)
    return figures(marks, search, visitors)


def figures(marks: Marks, search: Search, visitors: int) -> list[Figure]:
    """Return the lines of the table, and print what was found where."""
    found = search.found
    work = (
        f"{found.files:,} files, {found.bytes:,} bytes, {found.tables} tables, "
        f"{found.cells:,} values of {found.decoded_bytes:,} bytes; {visitors} visitors"
    )
    lines = []
    for kind, words in marks.never.items():
        there = [word for word in words if word in found.where]
        for word in there:
            print(f"{kind}: {word} in {sorted(found.where[word])}", file=sys.stderr)
        what = f"{kind} on disk, of {len(words):,}"
        lines.append(Figure(what, len(there), "", work, at_most=0))
    missing = [word for word in marks.always if word not in found.where]
    blind = [word for word in marks.always if not _both(found.where.get(word, set()))]
    print(f"not found: {missing}; found in one way only: {blind}", file=sys.stderr)
    what = f"marks that must be there and were not found, of {len(marks.always)}"
    lines.append(Figure(what, len(missing), "", work, at_most=0))
    lines.append(Figure("the same, in bytes and decoded", len(blind), "", work, at_most=0))
    return lines


def _both(places: set[str]) -> bool:
    return len({place.split(" ")[0] for place in places}) == 2


def live(system: Stack, marks: Marks, visitors: int, days: Path) -> None:
    """Do in minutes what a day brings: people, chat, mistakes, a crash, copies, files."""
    marks.secret("passwords", PASSWORD)
    rng = random.Random(7)
    with Crowd(system.ingest) as crowd:
        for number in range(visitors // 2):
            come(crowd, marks, rng, number)
    for name in ("ingest", "pipeline", "web"):
        system.kill(name)
    time.sleep(1)
    wait_for(lambda: _up(system), 90, "for all to be back")
    with Crowd(system.ingest) as crowd, system.client() as client:
        for number in range(visitors // 2, visitors):
            come(crowd, marks, rng, number)
        guest = crowd.guests[-1]
        said = f"said-{uuid4().hex[:12]}"
        marks.always.append(said)
        guest.say(said)
        wait_for(lambda: system.online(client), 60, "for the crowd")
        wait_for(lambda: client.get("/api/v1/conversations", params=DEMO).json()["data"], 60)
        type_in_a_browser(system, marks)
        mistake(system, marks)
        take_out(system, client, days)
        time.sleep(3)  # what is behind is written


def come(crowd: Crowd, marks: Marks, rng: random.Random, number: int) -> None:
    """Let one come from an address of their own, to pages that tell too much."""
    address = _address(rng, number)
    marks.secret("full addresses", address)
    if number % 50 == 0:
        marks.always.append(mask_address(address))
    guest = crowd.come(address=address)
    email, password = marks.email("e-mails in addresses and titles"), marks.password()
    page = f"http://localhost:3000/u/{quote(email)}/x?password={quote(password)}&to={quote(email)}"
    referrer = f"https://mail.example/?login={quote(email)}&pwd={quote(password)}"
    guest.open(page, f"Salom, {email}", referrer)
    told = {"email": marks.email("e-mails in events"), "password": marks.password()}
    guest.act("custom", "newsletter", target=f"a {email}", props=told)
    if number % 10 == 0:
        said = f"{uuid4().hex[:12]}@identified.example"
        marks.always.append(said)
        guest.identify(id=str(number), email=said, traits={"password": marks.password()})
    if number % 3 == 1:
        guest.leave()


def _address(rng: random.Random, number: int) -> str:
    if number % 4 == 3:
        return f"2a02:{rng.randrange(4096, 65535):x}:{rng.randrange(4096, 65535):x}" + "".join(
            f":{rng.randrange(4096, 65535):x}" for _ in range(5)
        )
    return f"84.54.{100 + number % 100}.{rng.randrange(100, 255)}"


def _up(system: Stack) -> bool:
    try:
        return all(
            httpx.get(f"{url}/healthz", timeout=2).is_success for url in (system.web, system.ingest)
        ) and bool(system.pid("pipeline"))
    except httpx.HTTPError:
        return False


def type_in_a_browser(system: Stack, marks: Marks) -> None:
    """Type into forms, look elsewhere, send one and leave one; write a word and take it back."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        page = browser.new_page(user_agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0")
        page.goto(f"{system.ingest}/demo/contact/")
        page.wait_for_function("window.hozir && hozir.door")
        fill(page, marks)
        page.reload()
        page.wait_for_function("window.hozir && hozir.door")
        fill(page, marks)
        page.locator("#contact .send").click()
        page.locator(".done").wait_for()
        page.goto(f"{system.ingest}/demo/")
        page.wait_for_timeout(500)
        # Somebody of the team types what was meant for another field.
        page.goto(f"{system.web}/sign-in")
        page.locator("input[type=email]").fill(marks.email("e-mails typed"))
        page.locator("input[type=password]").fill(marks.password())
        page.keyboard.press("Enter")
        page.wait_for_timeout(1_000)
        browser.close()


def fill(page: Page, marks: Marks) -> None:
    """Type as people do, key by key, and one field that no form has."""
    page.evaluate(
        """() => {
          const field = document.createElement("input");
          field.type = "password"; field.id = "secret"; field.name = "secret";
          document.querySelector("#contact").prepend(field);
        }"""
    )
    page.locator("#secret").press_sequentially(marks.password())
    page.locator("#contact [name=name]").fill("Aziza")
    page.locator("#contact [name=email]").press_sequentially(marks.email("e-mails typed"))
    text = page.locator("#contact [name=message]")
    text.press_sequentially(marks.secret("words typed", f"typed-{uuid4().hex[:12]}"))
    page.keyboard.press("Tab")


def mistake(system: Stack, marks: Marks) -> None:
    """Ask for what is wrong, with secrets in it: what is refused must not be kept either."""
    with httpx.Client(timeout=10) as client:
        forwarded = {"X-Forwarded-For": marks.secret("full addresses", "95.142.187.213")}
        secret = {"email": marks.email("e-mails typed"), "password": marks.password()}
        client.post(f"{system.web}/api/v1/session", json=secret, headers=forwarded)
        client.post(f"{system.web}/api/v1/session", content=str(secret), headers=forwarded)
        broken = f'{{"visitor_id": "{marks.email()}", "x": "{marks.password()}"'
        for path in ("/e/demo", f"/e/{marks.email().partition('@')[0]}", "/w/demo"):
            client.post(f"{system.ingest}{path}", content=broken, headers=forwarded)
        query = {"email": marks.email(), "password": marks.password()}
        client.get(f"{system.ingest}/nowhere", params=query, headers=forwarded)
        client.get(f"{system.web}/sign-in", params=query, headers=forwarded)


def take_out(system: Stack, client: httpx.Client, days: Path) -> None:
    """Write all copies and files that there are."""
    environ = os.environ | {"HOZIR_DATA": str(system.data)}
    today = time.strftime("%Y-%m-%d", time.gmtime())
    for command in (["retention"], ["snapshot"], ["export", "--day", today, "--into", str(days)]):
        subprocess.run([sys.executable, "-m", "hozir.cli", *command], env=environ, check=True)
    visitor = system.online(client)[0]["id"]
    for path in ("visitors/export", f"visitors/{visitor}/data", "reports/pages"):
        answer = client.get(f"/api/v1/{path}", params=DEMO)
        assert answer.status_code in (200, 404), answer.text
        (days / f"{path.replace('/', '-')}.txt").write_bytes(answer.content)
