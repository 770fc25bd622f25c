"""What people know of places and the source does not: names and famous networks."""

from __future__ import annotations

import re

FOCUS = frozenset(("UZ", "KZ", "KG", "TJ", "TM"))
"""Countries of which every city and every network is kept."""

FAMOUS = (
    "1.0.0.0/24",
    "1.1.1.0/24",
    "4.2.2.0/24",
    "5.255.255.0/24",
    "8.8.4.0/24",
    "8.8.8.0/24",
    "9.9.9.0/24",
    "64.6.64.0/24",
    "76.76.2.0/24",
    "77.88.8.0/24",
    "84.200.69.0/24",
    "87.250.250.0/24",
    "94.140.14.0/24",
    "94.140.15.0/24",
    "149.112.112.0/24",
    "185.228.168.0/24",
    "208.67.220.0/24",
    "208.67.222.0/24",
    "2001:4860:4860::/48",
    "2606:4700:4700::/48",
    "2620:fe::/48",
    "2620:119:35::/48",
    "2a02:6b8::/48",
)
"""Networks that people try a locator with; merged into their surroundings they would be wrong."""

UZ_REGIONS = {
    "Andijan": "Andijon viloyati",
    "Andijon": "Andijon viloyati",
    "Bukhara": "Buxoro viloyati",
    "Buxoro": "Buxoro viloyati",
    "Fergana": "Fargʻona viloyati",
    "Fargʻona": "Fargʻona viloyati",
    "Jizzakh": "Jizzax viloyati",
    "Jizzax": "Jizzax viloyati",
    "Karakalpakstan": "Qoraqalpogʻiston Respublikasi",
    "Qoraqalpogʻiston": "Qoraqalpogʻiston Respublikasi",
    "Khorezm": "Xorazm viloyati",
    "Xorazm": "Xorazm viloyati",
    "Namangan": "Namangan viloyati",
    "Navoi": "Navoiy viloyati",
    "Navoiy": "Navoiy viloyati",
    "Kashkadarya": "Qashqadaryo viloyati",
    "Qashqadaryo": "Qashqadaryo viloyati",
    "Samarkand": "Samarqand viloyati",
    "Samarqand": "Samarqand viloyati",
    "Sirdaryo": "Sirdaryo viloyati",
    "Syrdarya": "Sirdaryo viloyati",
    "Surkhandarya": "Surxondaryo viloyati",
    "Surxondaryo": "Surxondaryo viloyati",
    "Tashkent Region": "Toshkent viloyati",
    "Toshkent Viloyati": "Toshkent viloyati",
    "Tashkent": "Toshkent shahri",
    "Tashkent City": "Toshkent shahri",
    "Toshkent": "Toshkent shahri",
    "Toshkent Shahri": "Toshkent shahri",
}
"""Official names of the 14, by what the source calls them."""

UZ_CITIES = {
    "Bektemir": "Tashkent",
    "Toshkent": "Tashkent",
    "Samarqand": "Samarkand",
    "Buxoro": "Bukhara",
    "Chinaz": "Chinoz",
    "Kirguli": "Qirguli",
    "Kyzyldzhar": "Qiziljar",
    "Turagurghon": "Toʻraqoʻrgʻon",
    "Toʻrqaoʻrgʻon": "Toʻraqoʻrgʻon",
    "Uchqurghon": "Uchqoʻrgʻon",
    "Urtaowul": "Oʻrtaovul",
    "Yangiyul": "Yangiyoʻl",
}
"""One spelling for each: English where English has a name of its own, Uzbek otherwise."""

_APOSTROPHE = "['`´‘’ʻʼ]"
_KIND_OF_PLACE = re.compile(
    r" (?:Shahri|Shahar|Shaharchasi|Qishlogʻi|Tumani|District|City)$", re.IGNORECASE
)
_QUARTER = re.compile(r" \([^)]*\)$")


def uzbek_letters(text: str) -> str:
    """Write oʻ and gʻ with U+02BB, and every other apostrophe between letters as U+02BC."""
    text = re.sub(rf"(?<=[OoGg]){_APOSTROPHE}", "ʻ", text)
    return re.sub(rf"(?<=\w){_APOSTROPHE}(?<!ʻ)(?=\w)", "ʼ", text)


def clean_place(country: str, region: str, city: str) -> tuple[str, str]:
    """Return region and city as they are shown; quarters of a city become the city."""
    city = _QUARTER.sub("", city)
    if country != "UZ":
        return region, city
    region = uzbek_letters(region)
    city = _KIND_OF_PLACE.sub("", uzbek_letters(city))
    city = UZ_CITIES.get(city, city)
    # The source writes the city's name for some towns around it.
    if region == "Toshkent" and city != "Tashkent":
        region = "Tashkent Region"
    official = UZ_REGIONS.get(region) or UZ_REGIONS.get(region.removesuffix(" Region"))
    if official == "Toshkent shahri":
        city = "Tashkent"
    return official or region, city
