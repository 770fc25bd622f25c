"""The live component in a real browser: its own modules, a socket that the test speaks into."""

from __future__ import annotations

import json
import mimetypes
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, sync_playwright

from dashboards.components import mount
from dashboards.texts import Language, part

pytestmark = pytest.mark.browser

ORIGIN = "http://hozir.test"
MODULES = "/_stcore/bidi-components/hozir.live/"
PAGE = f"""<!doctype html><body style="margin:0">
<div id="main" style="height:100vh;overflow:auto"><div id="host"></div></div><script type="module">
import mount from "{MODULES}live.js";
window.told = [];
window.mount = (data) => {{
  const root = host.shadowRoot || host.attachShadow({{ mode: "open" }});
  if (!root.children.length) {{
    root.innerHTML = '<link rel="stylesheet" href="{MODULES}live.css"><div class="part"></div>';
  }}
  const setTriggerValue = (name, value) => window.told.push([name, value]);
  window.unmount = mount({{ data, parentElement: root, setTriggerValue }});
}};
window.ready = true;
</script>"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("HOZIR_TEST_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Screen:
    """A page with one part on it, and the server's end of its socket."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []
        self.seq = 0
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
        else:
            route.fulfill(status=404, body="")

    def _meet(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))

    def mount(self, name: str = "list", language: Language = "uz", **more: Any) -> None:
        site = {"key": "demo", "name": "Demo", "domain": "", "zone": "UTC", "had_visitors": True}
        data = {
            "part": name,
            "language": language,
            "text": part(language, "live.", "profile."),
            "person": "1",
            "site": site,
            "filters": {},
            "known": {"countries": ["UZ"], "pages": ["/"]},
            **more,
        }
        self.page.evaluate("data => window.mount(data)", data)
        self.until(lambda: bool(self.sockets))

    def until(self, true: Callable[[], bool], patience: int = 5000) -> None:
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
        self.page.wait_for_timeout(80)

    def arrive(self, who: dict[str, Any], online: int, event: str = "visitor.online") -> None:
        data = {"visitor_id": who["id"], "visitor": who, "timestamp": iso(0)}
        self.send(event, {**data, "counts": counts(online)})
        self.page.wait_for_timeout(60)

    def leave(self, who: dict[str, Any], online: int) -> None:
        data = {"visitor_id": who["id"], "timestamp": iso(0), "counts": counts(online)}
        self.send("visitor.offline", data)
        self.page.wait_for_timeout(60)

    def names(self) -> list[str]:
        return self.page.locator(".slot .nm").all_inner_texts()

    def focused(self) -> str | None:
        found: str | None = self.page.evaluate(
            "host.shadowRoot.activeElement?.closest('.slot')?.querySelector('.nm').textContent"
        )
        return found


@pytest.fixture
def screen(browser: Browser) -> Iterator[Screen]:
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield Screen(page)
    context.close()
    assert failures == []


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


def test_hostile_text_is_only_text(screen: Screen) -> None:
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    page = {"url": evil, "title": evil, "timestamp": iso(5), "number": 1}
    place = {"country": evil, "country_code": evil, "city": evil}
    device = {"type": evil, "browser": evil, "os": evil, "browser_version": evil}
    who = visitor(1, id=evil, name=evil, email=evil, avatar_url="javascript:window.hit=1")
    who |= {"current_page": page, "pages": [page], "location": place, "device": device}
    screen.mount()
    screen.snapshot([who, visitor(2, bot=evil, name=None)])
    screen.page.locator(".hist").first.click()
    screen.page.wait_for_timeout(100)
    assert screen.names() == [evil, "Anonim #2"]
    assert screen.page.evaluate("window.hit") is None
    assert screen.page.locator("#host img, #host script, #host a[href^=javascript]").count() == 0


@pytest.mark.parametrize(
    ("bot", "name", "reason"),
    [
        ("user-agent list: Googlebot", "Googlebot", "On the user-agent list: Googlebot"),
        ("navigator.webdriver", "Anonymous #1", "The browser is driven by a program"),
        ("some new reason", "Anonymous #1", "some new reason"),
    ],
)
def test_a_bot_is_shown_with_the_reason(screen: Screen, bot: str, name: str, reason: str) -> None:
    screen.mount(language="en")
    screen.snapshot([visitor(1, name=None, bot=bot)])
    assert screen.names() == [name]
    assert screen.page.locator(".is-bot .ln").inner_text() == reason
    assert screen.page.locator(".card-h .pill").inner_text() == "Bot"


def test_hostile_text_is_only_text_in_the_profile(screen: Screen) -> None:
    evil = '"><img src=x onerror="window.hit=1">'
    who = visitor(1, name=evil, email=evil, ip_address=evil, referrer={"source": evil})
    screen.mount("visit", visitor=who)
    assert screen.page.locator(".visit h2").inner_text() == evil
    assert screen.page.locator("#host img").count() == 0
    assert screen.page.evaluate("window.hit") is None


@pytest.mark.parametrize("view", ["cards", "rows"])
def test_a_thousand_visitors_keep_few_nodes_in_the_page(screen: Screen, view: str) -> None:
    screen.page.evaluate("view => localStorage.setItem('hozir.view.1', view)", view)
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 1001)])
    grid = screen.page.locator(".grid")
    assert 0 < screen.page.locator(".slot").count() < 80
    assert int(grid.get_attribute("aria-rowcount") or 0) >= 1000
    screen.page.evaluate("main.scrollTop = main.scrollHeight")
    screen.page.wait_for_timeout(200)
    assert screen.page.locator(".slot").count() < 80
    assert screen.names()[-1] == "Visitor 1000"


def test_a_crowd_opens_as_rows_unless_the_person_chose_cards(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 120)])
    assert screen.page.locator(".grid.rows").count() == 1


def test_keys_move_between_visitors_and_open_one(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 301)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    press = screen.page.keyboard.press
    steps = {"ArrowRight": "2", "End": "300", "Home": "1", "ArrowDown": "2", "ArrowUp": "1"}
    for key, number in steps.items():
        press(key)
        assert screen.focused() == f"Visitor {number}", key
    assert screen.page.locator(".slot[tabindex='0']").count() == 1
    press("Enter")
    press("ArrowRight")
    press(" ")
    selected = [value for name, value in screen.page.evaluate("window.told") if name == "select"]
    assert selected == ["v_1", "v_2"]
    assert screen.page.locator(".slot.chosen").count() == 1
    press("Escape")
    screen.page.wait_for_timeout(50)
    assert screen.page.locator(".slot.chosen").count() == 0


def test_arrows_follow_the_columns_of_cards(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 10)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    screen.page.keyboard.press("ArrowDown")
    assert screen.focused() == "Visitor 4"


def test_nothing_moves_under_the_pointer(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.mouse.move(100, 100)
    screen.arrive(visitor(1), 3)
    screen.leave(visitor(3), 2)
    screen.page.wait_for_timeout(700)
    assert screen.names() == ["Visitor 2", "Visitor 3"]
    assert screen.page.locator(".newer").inner_text() == "1 ta yangi"
    assert screen.page.locator(".slot").last.locator(".pill").first.inner_text() == "Chiqdi"
    screen.page.mouse.move(600, 790)
    screen.page.wait_for_timeout(800)
    assert screen.names() == ["Visitor 1", "Visitor 2"]


def test_who_leaves_fades_and_who_comes_back_stays(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.leave(visitor(1), 1)
    assert screen.page.locator(".slot.out").count() == 1
    screen.arrive(visitor(1), 2)
    screen.page.wait_for_timeout(700)
    assert screen.names() == ["Visitor 1", "Visitor 2"]
    screen.leave(visitor(2), 1)
    screen.page.wait_for_timeout(700)
    assert screen.names() == ["Visitor 1"]


def test_a_new_page_shows_and_flashes(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(1, current_page=page), 1, "visitor.page_change")
    assert screen.page.locator(".card.moved .t").inner_text() == "Narxlar"


def test_an_opened_history_pushes_the_next_line_down(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 7)])
    screen.page.wait_for_timeout(400)
    fourth = screen.page.locator(".slot").nth(3)
    before = fourth.bounding_box()
    screen.page.locator(".hist").first.click()
    screen.page.wait_for_timeout(500)
    after, first = fourth.bounding_box(), screen.page.locator(".card").first.bounding_box()
    assert before is not None
    assert after is not None
    assert first is not None
    assert after["y"] > before["y"]
    assert after["y"] >= first["y"] + first["height"]


def test_a_gap_asks_for_a_snapshot(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.send("ping", {"now": iso(0), "lag_ms": 80})
    assert screen.heard == []
    screen.send("ping", {"now": iso(0), "lag_ms": 80}, skip=2)
    screen.until(lambda: screen.heard == [{"event": "snapshot"}])


def test_a_changed_filter_is_sent_and_no_match_offers_the_way_out(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.mount(filters={"country": "KZ"})
    screen.until(lambda: bool(screen.heard))
    assert screen.heard[0]["event"] == "filter"
    assert screen.heard[0]["data"]["country"] == "KZ"
    data = {"visitors": [], "counts": {**counts(47), "matching": 0}, "now": iso(0)}
    screen.send("snapshot", data)
    screen.page.get_by_role("button", name="Filtrni tozalash").click()
    assert screen.page.evaluate("window.told.at(-1)[0]") == "clear"
    assert len(screen.sockets) == 1


def test_a_cut_line_says_since_when_and_comes_back(screen: Screen) -> None:
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    banner = screen.page.locator(".banner")
    banner.wait_for()
    assert banner.inner_text().startswith("Aloqa uzildi. Bu ")
    assert screen.page.locator(".dot.pulse").count() == 0
    screen.seq = 0
    screen.page.get_by_role("button", name="Hozir ulanish").click()
    screen.until(lambda: len(screen.sockets) == 2)
    screen.snapshot([visitor(1), visitor(2)])
    assert not banner.is_visible()
    assert screen.page.locator(".big .n").inner_text() == "2"


def test_the_number_is_spoken_once_in_ten_seconds(screen: Screen) -> None:
    screen.mount("head", language="en")
    screen.snapshot([visitor(1)])
    for number in range(2, 6):
        screen.arrive(visitor(number), number)
    said = screen.page.locator("[role=status]").text_content()
    assert said == "Online visitors page. 1 visitor currently online."


def test_the_first_minute_offers_the_line_to_paste(screen: Screen) -> None:
    line = '<script async src="http://localhost:8000/h.js" data-site="demo"></script>'
    site = {"key": "demo", "name": "Demo", "zone": "UTC", "had_visitors": False}
    screen.mount(site={**site, "snippet": line, "demo": "javascript:window.hit=1"})
    screen.snapshot([])
    assert screen.page.locator("code").inner_text() == line
    assert screen.page.locator(".first a").count() == 0
    screen.arrive(visitor(1), 1)
    screen.page.wait_for_timeout(100)
    assert screen.page.locator(".first").count() == 0
    assert screen.names() == ["Visitor 1"]


@pytest.mark.parametrize(
    ("pages", "words"),
    [(1, "1 страница"), (3, "3 страницы"), (11, "11 страниц"), (21, "21 страница")],
)
def test_russian_counts_in_its_three_forms(screen: Screen, pages: int, words: str) -> None:
    session = {"started_at": iso(65), "pages_viewed": pages, "visit": 1}
    screen.mount(language="ru")
    screen.snapshot([visitor(1, session=session)])
    assert screen.page.locator(".hist").inner_text() == words
    assert screen.page.locator(".card-h .timer").inner_text().startswith("1\u00a0м\u00a00")


def test_unmounting_closes_the_line(screen: Screen) -> None:
    closed: list[int | None] = []
    screen.mount()
    screen.sockets[-1].on_close(lambda code, reason: closed.append(code))
    screen.page.evaluate("window.unmount()")
    screen.until(lambda: bool(closed))
    assert screen.page.locator(".part > *").count() == 0


def test_who_is_filtered_away_is_not_said_to_have_left(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.page.mouse.move(100, 100)
    data = {"visitor_id": "v_1", "visitor": visitor(1), "timestamp": iso(0), "counts": counts(2)}
    screen.send("visitor.offline", {**data, "reason": "filtered"})
    screen.page.wait_for_timeout(60)
    assert screen.page.locator(".card-h .pill").first.inner_text() == "Onlayn"
    screen.page.mouse.move(600, 790)
    screen.page.wait_for_timeout(800)
    assert screen.names() == ["Visitor 2"]


def test_counts_follow_without_any_visitor_in_the_frame(screen: Screen) -> None:
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.send("counts", {"counts": counts(1247)})
    screen.page.wait_for_timeout(60)
    assert screen.page.locator(".big .n").inner_text() == "1\u202f247"


def test_a_refused_filter_is_cleared_and_the_line_comes_back(screen: Screen) -> None:
    screen.mount(filters={"country": "??"})
    screen.sockets[-1].close(code=4400)
    screen.page.wait_for_function("window.told.some(([name]) => name === 'clear')")
    screen.mount(filters={})
    screen.until(lambda: len(screen.sockets) == 2)
    screen.snapshot([visitor(1)])
    assert screen.names() == ["Visitor 1"]


def test_nothing_moves_under_a_keyboard_focus(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    screen.page.keyboard.press("ArrowRight")
    screen.arrive(visitor(1), 3)
    assert screen.names() == ["Visitor 2", "Visitor 3"]
    screen.page.locator(".newer").click()
    screen.page.wait_for_timeout(100)
    assert screen.names() == ["Visitor 1", "Visitor 2", "Visitor 3"]


def test_a_focus_that_a_click_left_behind_holds_nothing(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.locator(".hist").first.click()
    screen.page.mouse.move(600, 790)
    screen.arrive(visitor(1), 3)
    assert screen.names() == ["Visitor 1", "Visitor 2", "Visitor 3"]


def stand_still(screen: Screen) -> None:
    """Stop the page's clock: from here on time passes by `run_for` alone."""
    screen.page.clock.install(time=datetime.now(UTC))
    screen.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))


def note_motion(screen: Screen) -> Callable[[], list[list[str]]]:
    """Note each animation that begins from here on: its name, its length, whom it moves."""
    screen.page.evaluate(
        """window.motion = [];
        host.shadowRoot.addEventListener("animationstart", ({ animationName, target }) => {
          const { animationDuration } = getComputedStyle(target);
          const name = target.closest(".slot")?.querySelector(".nm").textContent ?? "";
          motion.push([animationName, animationDuration, name]);
        })"""
    )

    def noted() -> list[list[str]]:
        found: list[list[str]] = screen.page.evaluate("motion")
        return found

    return noted


def lefts_and_gap(screen: Screen) -> tuple[int, int]:
    """Return how many columns the cards stand in, and the pixels between the first two lines."""
    boxes = screen.page.evaluate(
        """[...host.shadowRoot.querySelectorAll(".card")]
        .map((card) => card.getBoundingClientRect())
        .map((box) => [box.left, box.top, box.bottom])"""
    )
    columns = len({round(left) for left, _, _ in boxes})
    return columns, round(boxes[columns][1] - boxes[0][2]) if len(boxes) > columns else 0


@pytest.mark.parametrize(
    ("window", "around", "columns", "gap"),
    [(1440, 232 + 48, 3, 20), (768, 48, 2, 20), (375, 32, 1, 12)],
)
def test_a_desktop_has_three_columns_a_tablet_two_and_a_phone_one(
    screen: Screen, window: int, around: int, columns: int, gap: int
) -> None:
    """`around` is what menu and padding take from the window at that width."""
    screen.page.set_viewport_size({"width": window - around, "height": 800})
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 8)])
    screen.until(lambda: lefts_and_gap(screen) == (columns, gap))
    assert screen.page.evaluate("main.scrollWidth <= main.clientWidth")


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


def test_a_card_shows_all_that_is_known_of_a_visitor(screen: Screen) -> None:
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor()])
    find = screen.page.locator
    assert find(".card-h .pill.on").inner_text() == "Online"
    assert find(".card-h .pill .dot").count() == 1
    assert find(".card .flag").inner_text() in {"UZ", "\U0001f1fa\U0001f1ff"}
    assert find(".card .place").inner_text().endswith("Toshkent, Oʻzbekiston")
    assert find(".card-h .timer").inner_text().startswith("5m\u00a03")
    assert find(".card .av").inner_text() == "MY"
    assert screen.names() == ["Malika Yusupova"]
    assert find(".who .ln1 .pill").inner_text() == "Visit 3"
    assert find(".who .ln").inner_text() == "malika@shop.example"
    assert find(".pg .t").inner_text() == "Page 4"
    assert find(".pg .mono").inner_text() == "/pricing"
    assert find(".pg .strip i").count() == 4
    assert find(".hist").inner_text() == "4 pages"


@pytest.mark.parametrize(
    ("kind", "device"),
    [
        ("mobile", "Phone · Chrome · Android"),
        ("tablet", "Tablet · Chrome · Android"),
        ("desktop", "Desktop · Chrome 120"),
    ],
)
def test_without_an_address_a_card_names_the_device(screen: Screen, kind: str, device: str) -> None:
    about = {"type": kind, "os": "Android", "browser": "Chrome", "browser_version": "120.0"}
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor(name=None, email=None, number=12847, device=about)])
    assert screen.names() == ["Anonymous #12847"]
    assert screen.page.locator(".who .ln").inner_text() == device
    assert screen.page.locator(".who .device svg").count() == 1
    assert screen.page.locator(".av .face svg").count() == 1


def test_a_contacted_visitor_has_that_badge_alone(screen: Screen) -> None:
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor(contacted=True)])
    assert screen.page.locator(".who .ln1 .pill").inner_text() == "Contacted"


def test_an_opened_history_has_the_last_three_pages_and_marks_the_current(
    screen: Screen,
) -> None:
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor()])
    trail = screen.page.locator(".trail")
    assert not trail.is_visible()
    screen.page.locator(".hist").click()
    assert trail.locator("b").all_inner_texts() == ["Page 2", "Page 3", "Page 4"]
    assert trail.locator(".cur b").all_inner_texts() == ["Page 4"]
    assert trail.locator("span").all_inner_texts() == ["45s", "45s", "here now"]
    for time in trail.locator("time").all_inner_texts():
        assert len(time) == len("14:05")
    weights = "[...host.shadowRoot.querySelectorAll('.trail b')].map((b) => getComputedStyle(b))"
    assert screen.page.evaluate(f"{weights}.map((s) => s.fontWeight)") == ["400", "400", "600"]


def test_timers_go_on_by_the_second_and_are_not_spoken(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor()])
    timers = screen.page.locator(".card .timer")

    def seconds() -> list[int]:
        texts = [text.rstrip("s").split("m\u00a0") for text in timers.all_inner_texts()]
        return [60 * int(minutes) + int(rest) for minutes, rest in texts]

    screen.page.clock.run_for(1100)
    before = seconds()
    assert len(before) == 2
    for passed in (1, 2, 3):
        screen.page.clock.run_for(1000)
        assert seconds() == [one + passed for one in before]
    spoken = "(all) => all.map((one) => [one.getAttribute('role'), one.ariaLive])"
    assert timers.evaluate_all(spoken) == [["timer", "off"]] * 2
    assert timers.evaluate_all("(all) => all.flatMap((one) => one.getAnimations())") == []


def test_an_arriving_card_comes_down_within_a_third_of_a_second(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    noted = note_motion(screen)
    screen.arrive(visitor(1), 3)
    arrival = ["arrive", "0.3s", "Visitor 1"]
    screen.until(lambda: arrival in noted())
    assert [one for one in noted() if one[0] == "arrive"] == [arrival]
    assert screen.names()[0] == "Visitor 1"


def test_a_card_that_has_arrived_glides_as_the_others_do(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.arrive(visitor(1), 3)
    screen.until(lambda: screen.page.locator(".slot.in").count() == 0)
    slots = "[...host.shadowRoot.querySelectorAll('.slot')]"
    lengths = f"{slots}.map((one) => getComputedStyle(one).transitionDuration)"
    screen.until(lambda: screen.page.evaluate(lengths) == ["0.3s"] * 3)


def test_a_leaving_card_fades_and_is_gone_after_600_ms(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.page.clock.run_for(100)
    noted = note_motion(screen)
    screen.leave(visitor(1), 1)
    screen.page.clock.run_for(100)
    screen.until(lambda: ["leave", "0.5s", "Visitor 1"] in noted())
    assert screen.names() == ["Visitor 1", "Visitor 2"]
    screen.page.clock.run_for(500)
    assert screen.names() == ["Visitor 2"]


def test_a_changed_page_flashes_and_calms_down(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    noted = note_motion(screen)
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(1, current_page=page), 1, "visitor.page_change")
    screen.page.clock.run_for(100)
    screen.until(lambda: ["moved", "1.6s", "Visitor 1"] in noted())
    screen.page.clock.run_for(1600)
    assert screen.page.locator(".card.moved").count() == 0


def test_who_wants_no_motion_sees_none(screen: Screen) -> None:
    screen.page.emulate_media(reduced_motion="reduce")
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    noted = note_motion(screen)
    screen.arrive(visitor(1), 3)
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(2, current_page=page), 3, "visitor.page_change")
    screen.leave(visitor(3), 2)
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 2"])
    assert {name for name, _, _ in noted()} & {"arrive", "leave", "pulse", "beat"} == set()
    assert all(float(length.rstrip("s")) < 0.001 for _, length, _ in noted())
    slots = "[...host.shadowRoot.querySelectorAll('.slot, .card')]"
    lengths = screen.page.evaluate(
        f"{slots}.map((one) => parseFloat(getComputedStyle(one).transitionDuration))"
    )
    assert max(lengths) < 0.001


def test_a_snapshot_that_takes_longer_than_200_ms_is_awaited_by_a_skeleton(
    screen: Screen,
) -> None:
    stand_still(screen)
    screen.mount()
    skeleton = screen.page.get_by_role("status", name="Yuklanmoqda")
    footer = screen.page.locator(".foot")
    screen.page.clock.run_for(150)
    assert skeleton.count() == 0
    screen.page.clock.run_for(100)
    assert skeleton.locator(".card").count() == 6
    shimmer = "(bar) => getComputedStyle(bar).animationName"
    assert skeleton.locator(".skel").first.evaluate(shimmer) == "shimmer"
    assert not footer.is_visible()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    assert skeleton.count() == 0
    assert screen.names() == ["Visitor 1"]
    assert footer.is_visible()


def test_a_quick_snapshot_shows_no_skeleton(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.page.clock.run_for(100)
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(500)
    assert screen.page.locator(".skeletons").count() == 0


def test_the_foot_says_how_long_ago_it_was_updated(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(1000)
    foot = screen.page.locator(".foot")
    assert foot.inner_text().startswith("Hozir yangilandi")
    screen.page.clock.run_for(4100)
    # It is written on the full second, so up to one second may not be counted yet.
    said = foot.inner_text()
    assert any(said.startswith(f"{n} soniya oldin yangilandi") for n in (4, 5))
    screen.send("ping", {"now": iso(0), "lag_ms": 300})
    screen.page.wait_for_timeout(60)
    screen.page.clock.run_for(1000)
    assert "0,3" in foot.inner_text()


def test_arrival_departure_and_filter_are_spoken(screen: Screen) -> None:
    stand_still(screen)
    screen.mount("head", language="en")
    said = screen.page.locator("[role=status][aria-live=polite]")
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    assert said.text_content() == "Online visitors page. 1 visitor currently online."
    screen.arrive(visitor(2), 2)
    screen.page.clock.run_for(10_100)
    place = "from Toshkent, Oʻzbekiston"
    assert said.text_content() == f"New visitor {place}, viewing Home. 2 visitors online."
    screen.leave(visitor(2), 1)
    screen.page.clock.run_for(10_100)
    assert said.text_content() == f"Visitor {place} went offline. 1 visitor online."
    screen.mount("head", language="en", filters={"country": "KZ"})
    screen.until(lambda: bool(screen.heard))
    data = {"visitors": [], "counts": {**counts(1), "matching": 0}, "now": iso(0)}
    screen.send("snapshot", data)
    screen.page.wait_for_timeout(60)
    screen.page.clock.run_for(10_100)
    assert said.text_content() == "Filter: 0 visitors."


def test_the_list_is_a_labelled_grid_with_a_labelled_row_each(screen: Screen) -> None:
    screen.mount(language="en")
    screen.snapshot([visitor(1), visitor(2)])
    grid = screen.page.get_by_role("grid", name="Online visitors list", exact=True)
    assert grid.get_by_role("row").count() == 2
    label = grid.get_by_role("row").first.get_attribute("aria-label") or ""
    assert label.startswith("Visitor 1 from Toshkent, Oʻzbekiston, viewing Home, online for 1m")
    assert grid.get_by_role("row").first.get_by_role("gridcell").count() == 1


def test_a_line_that_is_cut_again_and_again_waits_longer_each_time(screen: Screen) -> None:
    stand_still(screen)
    screen.page.evaluate("Math.random = () => 0.5")  # The middle of the spread.
    screen.mount("head")
    screen.snapshot([visitor(1)])
    for number, wait in enumerate((1000, 2000, 4000), 1):
        screen.sockets[-1].close()
        screen.page.wait_for_timeout(60)
        screen.page.clock.run_for(wait - 50)
        assert len(screen.sockets) == number
        screen.page.clock.run_for(100)
        screen.until(lambda: len(screen.sockets) > number)  # noqa: B023
    screen.seq = 0
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    screen.page.wait_for_timeout(60)
    screen.page.clock.run_for(1050)
    screen.until(lambda: len(screen.sockets) == 5)


@pytest.mark.parametrize(("status", "stays"), [(200, True), (502, True), (401, False)])
def test_only_who_is_signed_out_is_sent_to_the_sign_in(
    screen: Screen, status: int, stays: bool
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, body="{}")

    screen.page.route("**/api/v1/session", answer)
    screen.page.route("**/sign-in*", lambda route: route.fulfill(body="<!doctype html>"))
    stand_still(screen)
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    screen.page.wait_for_timeout(60)
    screen.page.clock.run_for(1300)
    screen.until(lambda: len(screen.sockets) == 2)
    screen.sockets[-1].close()
    screen.until(lambda: bool(asked))
    screen.page.wait_for_timeout(150)
    screen.until(lambda: ("/sign-in" in screen.page.url) is not stays)


def test_a_card_looks_as_designed(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])

    def style(of: str, *names: str) -> list[str]:
        told = "(one, names) => names.map((name) => getComputedStyle(one)[name])"
        found: list[str] = screen.page.locator(of).first.evaluate(told, list(names))
        return found

    screen.until(lambda: style(".card", "cursor") == ["pointer"])
    look = style(".card", "backgroundColor", "borderTopWidth", "borderTopLeftRadius")
    assert look == ["rgb(255, 255, 255)", "1px", "12px"]
    assert style(".card-h .pill", "fontSize", "fontWeight") == ["12px", "600"]
    ground = style(".card-h .pill", "backgroundColor", "color")
    assert ground == ["rgb(231, 248, 240)", "rgb(4, 120, 87)"]
    assert style(".card-h .pill .dot", "width", "height") == ["8px", "8px"]
    assert style(".card .place", "fontSize") == ["13px"]
    (rest,) = style(".card", "boxShadow")
    screen.page.locator(".card").hover()
    screen.until(lambda: "16px" in style(".card", "boxShadow")[0])
    assert "16px" not in rest
