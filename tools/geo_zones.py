"""Time zones of places, of which the source says nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from importlib.resources import files

_US_STATES = {
    "America/New_York": (
        "Connecticut,Delaware,District of Columbia,Florida,Georgia,Kentucky,Maine,Maryland,"
        "Massachusetts,New Hampshire,New Jersey,New York,North Carolina,Ohio,Pennsylvania,"
        "Rhode Island,South Carolina,Vermont,Virginia,West Virginia"
    ),
    "America/Detroit": "Michigan",
    "America/Indiana/Indianapolis": "Indiana",
    "America/Chicago": (
        "Alabama,Arkansas,Illinois,Iowa,Kansas,Louisiana,Minnesota,Mississippi,Missouri,Nebraska,"
        "North Dakota,Oklahoma,South Dakota,Tennessee,Texas,Wisconsin"
    ),
    "America/Denver": "Colorado,Montana,New Mexico,Utah,Wyoming",
    "America/Boise": "Idaho",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "California,Nevada,Oregon,Washington",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
}
US_ZONES = {state: zone for zone, states in _US_STATES.items() for state in states.split(",")}


def us_zone(state: str, latitude: float, longitude: float) -> str:
    """Return the zone of a place in the United States; `""` for an unknown state.

    The borders within the states that have two zones are straight lines here.
    """
    match state:
        case "Florida" if longitude < -85:
            return "America/Chicago"
        case "Kentucky" if longitude < -86.2:
            return "America/Chicago"
        case "Tennessee" if longitude > -85.4:
            return "America/New_York"
        case "Indiana" if longitude < -86.9 and (latitude > 40.9 or latitude < 38.5):
            return "America/Chicago"
        case "Texas" if longitude < -104.9:
            return "America/Denver"
        case "Nebraska" | "South Dakota" if longitude < -101:
            return "America/Denver"
        case "Idaho" if latitude > 45.5:
            return "America/Los_Angeles"
    return US_ZONES.get(state, "")


class Zones:
    """Time zones by the nearest city of the IANA table in the same country."""

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
        table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
        for line in table.splitlines():
            if not line.startswith("#"):
                country, point, zone = line.split("\t")[:3]
                cut = max(point.rfind("+"), point.rfind("-"))
                where = degrees(point[:cut]), degrees(point[cut:])
                self._points[country].append((*where, zone))

    def of(self, country: str, region: str, latitude: float, longitude: float) -> str:
        """Return the IANA name of a place's zone; `""` for a country without one."""
        if country == "US" and (zone := us_zone(region, latitude, longitude)):
            return zone
        narrow = math.cos(math.radians(latitude))

        def distance(point: tuple[float, float, str]) -> float:
            across = (point[1] - longitude + 180) % 360 - 180
            return (point[0] - latitude) ** 2 + (across * narrow) ** 2

        return min(self._points[country], key=distance, default=(0, 0, ""))[2]


def degrees(text: str) -> float:
    """Read +DDMM, +DDDMM, +DDMMSS or +DDDMMSS."""
    sign, digits = (-1 if text[0] == "-" else 1), text[1:]
    whole = len(digits) % 2 + 2 if len(digits) != 6 else 2
    minutes, seconds = digits[whole : whole + 2], digits[whole + 2 :] or "0"
    return sign * (int(digits[:whole]) + int(minutes) / 60 + int(seconds) / 3600)
