"""The site that the generated visitors read: pages, links, and the ways that lead there."""

from __future__ import annotations

from typing import NamedTuple

HOST = "https://simulated.example"


class Page(NamedTuple):
    """A page, how long it holds people, and where it leads."""

    title: str
    links: tuple[str, ...]
    reading: float = 25.0
    """Median seconds."""
    single: bool = False
    """Part of a single-page app: going between two of these leaves no page."""


PAGES: dict[str, Page] = {
    "/": Page(
        "Savdo — tezkor doʻkon", ("/features", "/pricing", "/blog", "/catalog", "/about"), 15
    ),
    "/features": Page("Imkoniyatlar — Savdo", ("/pricing", "/catalog", "/contact", "/"), 35),
    "/pricing": Page("Narxlar — Savdo", ("/contact", "/features", "/signup", "/"), 55),
    "/catalog": Page("Каталог — Savdo", ("/catalog/phones", "/catalog/books", "/"), 20),
    "/catalog/phones": Page("Телефоны — Savdo", ("/product/17", "/product/42", "/catalog"), 30),
    "/catalog/books": Page("Kitoblar — Savdo", ("/product/8", "/catalog"), 30),
    "/product/8": Page("Oʻtkan kunlar — Savdo", ("/cart", "/catalog/books"), 40),
    "/product/17": Page("Смартфон X2, 128 ГБ — Savdo", ("/cart", "/product/42", "/catalog"), 45),
    "/product/42": Page("Смартфон Mini — Savdo", ("/cart", "/product/17", "/catalog"), 45),
    "/cart": Page("Savat — Savdo", ("/signup", "/catalog"), 25),
    "/signup": Page("Roʻyxatdan oʻtish — Savdo", ("/app/orders", "/"), 40),
    "/app/orders": Page("Orders — Savdo", ("/app/profile", "/app/help"), 30, True),
    "/app/profile": Page("Profile — Savdo", ("/app/orders", "/app/help"), 25, True),
    "/app/help": Page("Help — Savdo", ("/app/orders", "/contact"), 40, True),
    "/blog": Page("Blog — Savdo", ("/blog/choose-a-phone", "/blog/delivery", "/"), 20),
    "/blog/choose-a-phone": Page(
        "Qanday telefon tanlash kerak?", ("/catalog/phones", "/blog"), 120
    ),
    "/blog/delivery": Page("Доставка по Узбекистану", ("/pricing", "/blog"), 90),
    "/contact": Page("Aloqa — Savdo", ("/", "/pricing"), 45),
    "/about": Page("About us — Savdo", ("/contact", "/"), 25),
}


class Way(NamedTuple):
    """How people come: the referring page, and the address that they enter at."""

    weight: int
    referrer: str
    entry: str


WAYS = (
    Way(30, "", "/"),
    Way(24, "https://www.google.com/", "/"),
    Way(10, "https://www.google.com/", "/blog/choose-a-phone"),
    Way(9, "https://yandex.uz/", "/catalog/phones"),
    Way(5, "https://yandex.ru/", "/blog/delivery"),
    Way(9, "https://t.me/", "/?utm_source=telegram&utm_medium=social&utm_campaign=kuz-aksiya"),
    Way(6, "https://www.google.com/", "/pricing?utm_source=google&utm_medium=cpc&gclid=Cj0KEQjw"),
    Way(4, "https://l.instagram.com/", "/catalog?utm_source=instagram&utm_medium=social"),
    Way(3, "https://www.facebook.com/", "/?fbclid=IwAR0"),
    Way(3, "", "/blog/delivery?utm_source=newsletter&utm_medium=email&utm_campaign=oktabr"),
    Way(2, "https://chatgpt.com/", "/features?utm_source=chatgpt.com"),
    Way(2, "https://www.bing.com/", "/"),
    Way(1, "https://kun.uz/", "/about"),
)

NAMES = ("Jahongir Otajonov", "Dilnoza Karimova", "Мария Соколова", "Aziz Rahimov", "Anna Weber")
