"""Takes the pictures of docs/screens: the system runs, people come, and every screen is opened.

    PYTHONPATH=. .venv/bin/python tools/take_screens.py

Needs Chromium, as the tests do, and Pillow to keep the pictures small. What is there is replaced.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from hozir.simulator.agents import AGENTS
from hozir.simulator.people import make_person
from tests.chromium import CHROMIUM
from tests.crowd import Crowd, Guest
from tests.desk import Desk, desk
from tests.stack import NO_LIMITS, Stack, stack, wait_for

SCREENS = Path(__file__).parent.parent / "docs" / "screens"
WIDTHS = {1440: 1000, 768: 1024, 375: 812}
"""Heights by width."""
SEED = 5
DAYS = 60
"""Of the past that the numbers speak of: a month, and the one before."""
NUMBERS = ("overview", "audience", "pages", "acquisition", "hours", "events", "sites_compare")
SHOP = "https://chaqqon.example"
NAMES = (
    "Dilnoza Karimova",
    "Jasur Rahimov",
    "Иван Петров",
    "Malika Ergasheva",
    "Sardor Aliyev",
    "Анна Соколова",
    "John Whitfield",
    "Nilufar Toʻxtayeva",
    "Bekzod Ismoilov",
    "Екатерина Ким",
)
PAGES = (
    ("/", "Chaqqon Market — 30 daqiqada eshigingizda"),
    ("/pricing", "Tariflar"),
    ("/features", "Qanday ishlaydi"),
    ("/blog/30-daqiqa", "30 daqiqa: bu qanday boʻladi?"),
    ("/catalog/meva", "Meva va sabzavotlar"),
    ("/cart", "Savat"),
    ("/contact", "Aloqa"),
)
NEAR = ("UZ", "RU", "KZ")
WAYS = ("https://www.google.com/", "https://t.me/", "https://yandex.uz/", "", "")
PERSONS_OWN = AGENTS[0].user_agent
TALK = (
    ("visitor", "Assalomu alaykum! Biznes tarifida nechta xodim ishlay oladi?"),
    ("agent", "Vaalaykum assalom! Biznes tarifida xodimlar soni cheklanmagan."),
    ("visitor", "Yetkazib berish Samarqandga ham bormi?"),
    ("agent", "Ha, Samarqand va Buxoroga ertasi kuni yetkazamiz."),
    ("visitor", "Ajoyib, rahmat!"),
)
OTHERS = ("Здравствуйте! Можно оплатить картой при получении?", "Do you deliver on Sundays?")

Scheme = Literal["light", "dark"]


class Scene:
    """The shop, its team and its visitors."""

    def __init__(self, system: Stack, crowd: Crowd, pictures: Path) -> None:
        self.system = system
        self.pictures = pictures
        self._rng = random.Random(SEED)
        with system.client() as client:

            def ask(method: str, path: str, body: object = None) -> Any:
                answer = client.request(
                    method, f"/api/v1/{path}", json=body, params={"site": "demo"}
                )
                answer.raise_for_status()
                return answer.json()

            ask("PATCH", "session", {"name": "Malika Yusupova"})
            chat = {"launcher": True, "greeting": "Assalomu alaykum! Savolingiz bormi?"}
            site = {"name": "Chaqqon Market", "domains": ["chaqqon.example"], "chat": chat}
            ask("PATCH", "sites/demo", site)
            team = (("Sardor Aliyev", "manager"), ("Екатерина Ким", "operator"))
            for at, (name, role) in enumerate(team):
                email = f"xodim{at}@chaqqon.example"
                new = {"email": email, "name": name, "role": role, "sites": ["demo"]}
                ask("POST", "users", new)
            self.guests = [self._come(crowd, at) for at in range(34)]
            for guest in self.guests[20:23]:
                guest.leave()
                crowd.guests.remove(guest)
            first = self.guests[0]
            self.visitor = first.visitor_id
            for at, name in enumerate(NAMES[:6]):
                ask("POST", "contacts", _contact(at, name, self.guests[at].visitor_id))

            def talks(*theirs: Guest) -> list[str]:
                ids = {guest.visitor_id for guest in theirs}
                data = ask("GET", "conversations")["data"]
                return [one["id"] for one in data if one["visitor"]["id"] in ids]

            for author, text in TALK:
                if author == "visitor":
                    first.say(text)
                    wait_for(lambda: talks(first), 20)
                    self.conversation = talks(first)[0]
                else:
                    said = {"id": f"m_{uuid4()}", "text": text, "as": "agent"}
                    ask("POST", f"conversations/{self.conversation}/messages", said)
            others = self.guests[2 : 2 + len(OTHERS)]
            for guest, text in zip(others, OTHERS, strict=True):
                guest.say(text)
            wait_for(lambda: len(talks(*others)) == len(others), 20)

    def _come(self, crowd: Crowd, number: int) -> Guest:
        rng = self._rng
        known = number < len(NAMES)
        person = make_person(rng)
        while known and (person.place.country not in NEAR or person.agent.bot):
            person = make_person(rng)
        guest = crowd.come(
            address=person.address, agent=person.agent.user_agent, context=person.context("")
        )
        age = rng.uniform(20, 120) if known else rng.uniform(60, 280)
        way = rng.choice(WAYS)
        for url, title in rng.sample(PAGES, rng.randint(3 if known else 1, 5)):
            guest.open(SHOP + url, title, way, age)
            way, age = SHOP + url, age * rng.uniform(0.2, 0.7)
        if known:
            guest.identify(
                name=NAMES[number], email=f"mijoz{number}@mail.example", traits={"tarif": "biznes"}
            )
            guest.act("custom", "tariff_chosen", props={"tarif": "biznes"})
        elif number % 5 == 0:
            guest.hide()
        return guest


def _contact(at: int, name: str, visitor_id: str) -> dict[str, Any]:
    return {
        "name": name,
        "email": f"mijoz{at}@mail.example",
        "phone": f"+998 90 123-4{at}-67",
        "note": "Ulgurji narxlar bilan qiziqadi.",
        "traits": {"tarif": "biznes", "shahar": "Toshkent"},
        "visitor_id": visitor_id,
    }


@contextmanager
def scene(pictures: Path) -> Iterator[Scene]:
    """Give the running system with everybody in it."""
    with tempfile.TemporaryDirectory() as folder:
        past = ["-m", "hozir.cli", "generate", "--days", str(DAYS), "--seed", str(SEED)]
        subprocess.run([sys.executable, *past], env=os.environ | {"HOZIR_DATA": folder}, check=True)
        with stack(Path(folder), **NO_LIMITS) as system, Crowd(system.ingest) as crowd:
            yield Scene(system, crowd, pictures)


def keep(page: Page, into: Path, name: str) -> None:
    """Write a picture of what is seen, in 256 colours."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    # Those that are there most, exactly: other ways tint the ground, or turn what is small grey.
    colours = Image.new("P", (1, 1))
    colours.putpalette(b"".join(bytes(colour) for colour, _ in _colours(picture).most_common(256)))
    small = picture.quantize(palette=colours, dither=Image.Dither.NONE)
    small.save(into / f"{name}.png", optimize=True)


def _colours(picture: Image.Image) -> Counter[tuple[int, ...]]:
    bands = picture.tobytes()
    return Counter(zip(bands[::3], bands[1::3], bands[2::3], strict=True))


def take_desk(browser: Browser, made: Scene, scheme: Scheme) -> None:
    """Take every screen of the dashboard: the main four at every width, the others at one."""
    with desk(browser, made.system, color_scheme=scheme, reduced_motion="reduce") as here:
        here.page.goto(f"{made.system.web}/sign-in")
        here.page.locator("input[type=email]").wait_for()
        if scheme == "light":
            keep(here.page, made.pictures, f"sign-in-1440-{scheme}")
        here.sign_in()
        shown: dict[str, Callable[[], None]] = {
            "live": lambda: _open(here, "", ".of-list .slot"),
            "profile": lambda: _open(here, "", ".profile", visitor=made.visitor),
            "inbox": lambda: _open(here, "inbox", ".bu .tx", conversation=made.conversation),
            "map": lambda: _open(here, "map", ".stats li"),
        }
        for name, show in shown.items():
            for width, height in WIDTHS.items():
                here.page.set_viewport_size(ViewportSize(width=width, height=height))
                show()
                keep(here.page, made.pictures, f"{name}-{width}-{scheme}")
        for name in ("overview", "replay"):
            for width in (1440, 375):
                here.page.set_viewport_size(ViewportSize(width=width, height=WIDTHS[width]))
                _open_number(here, name)
                keep(here.page, made.pictures, f"{name}-{width}-{scheme}")
        if scheme == "light":
            here.page.set_viewport_size(ViewportSize(width=1440, height=1000))
            _take_others(here, made)
            for name in (*NUMBERS[1:], "sql"):
                _open_number(here, name)
                keep(here.page, made.pictures, f"{name.replace('_', '-')}-1440-light")


def _open(here: Desk, path: str, part: str, **query: str) -> None:
    here.open(path, lang="uz", **query)
    here.page.locator(part).first.wait_for()
    if path == "map":
        here.map_drawn()
    here.page.wait_for_timeout(700)  # fonts, and what moves into its place


def _open_number(here: Desk, name: str) -> None:
    here.open(name, lang="uz", range="30d")
    here.page.locator("[data-testid=stMain] h1").first.wait_for()
    if name == "replay":
        here.map_drawn()
    here.page.wait_for_timeout(2_500)  # charts draw themselves after their page


def _take_others(here: Desk, made: Scene) -> None:
    _open(here, "", ".of-list .slot", tab="online")
    here.page.locator(".of-head [role=radio]").nth(1).click()
    here.page.locator(".of-list [role=row]").first.wait_for()
    here.page.wait_for_timeout(400)
    keep(here.page, made.pictures, "rows-1440-light")
    _open(here, "", "[role=dialog] textarea", visitor=made.visitor, write="1")
    keep(here.page, made.pictures, "composer-1440-light")
    _open(here, "contacts", ".st-key-contacts_list button")
    keep(here.page, made.pictures, "contacts-1440-light")
    _open(here, "health", ".hz-verdict")
    here.page.wait_for_timeout(2_500)  # charts draw themselves after their page
    keep(here.page, made.pictures, "health-1440-light")
    for name in ("sites", "team", "templates", "audit"):
        _open(here, f"settings_{name}", "[data-testid=stMain] h1")
        keep(here.page, made.pictures, f"settings-{name}-1440-light")


def take_popup(browser: Browser, made: Scene) -> None:
    """Take the message as the visitor sees it, on a laptop and on a phone."""
    for width in (1440, 375):
        size = ViewportSize(width=width, height=WIDTHS[width])
        with desk(browser, made.system, viewport=size, user_agent=PERSONS_OWN) as here:
            with here.page.expect_request(lambda request: "/e/demo" in request.url) as asked:
                here.page.goto(f"{made.system.ingest}/demo/")
            beacon = json.loads(asked.value.post_data or "")
            here.page.locator("hozir-chat .launcher").wait_for()
            wait_for(partial(_greet, made.system, beacon["visitor_id"]), 20)
            here.page.get_by_role("dialog").wait_for()
            here.page.wait_for_timeout(600)
            keep(here.page, made.pictures, f"popup-{width}-light")


def _greet(system: Stack, visitor_id: str) -> bool:
    said = {"message": "Assalomu alaykum! Yordam kerakmi?", "as": "agent"}
    path = f"/api/v1/visitors/{visitor_id}/message"
    with system.client() as client:
        return client.post(path, json=said, params={"site": "demo"}).is_success


def main() -> None:
    """Take all of them, and put them where the old ones are once the last is taken."""
    with tempfile.TemporaryDirectory() as taken:
        _take(Path(taken))
        for old in SCREENS.glob("*.png"):
            old.unlink()
        for picture in sorted(Path(taken).glob("*.png")):
            print(f"{picture.stat().st_size // 1000:4} KB  {picture.name}")
            shutil.copy(picture, SCREENS)


def _take(into: Path) -> None:
    with scene(into) as made, sync_playwright() as playwright:
        # A visitor's browser that says it is driven would be shown as a bot.
        own = [*CHROMIUM["args"], "--disable-blink-features=AutomationControlled"]
        visitors = playwright.chromium.launch(**CHROMIUM | {"args": own})
        take_popup(visitors, made)
        visitors.close()
        browser = playwright.chromium.launch(**CHROMIUM)
        for scheme in ("light", "dark"):
            take_desk(browser, made, scheme)
        browser.close()


if __name__ == "__main__":
    main()
