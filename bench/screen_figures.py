"""What the screens are held to, and how samples become lines of the table."""

from __future__ import annotations

import statistics

from bench.figure import Figure

TARGETS: dict[str, tuple[str, float | None]] = {
    "page, cold cache": ("page load, cold cache, to cards in sight", 1_000),
    "page, warm cache": ("page load, warm cache, to cards in sight", 1_000),
    "30 cards": ("snapshot arrived to 30 cards painted", 400),
    "filter chosen": ("filter chosen to filtered cards painted", 150),
    "filter chosen: until asked": ("· of it Streamlit: chosen to asked of the server", None),
    "filter chosen: until answered": ("· of it the server: asked to snapshot arrived", None),
    "filter typed": ("letter typed to filtered cards painted", 150),
    "profile": ("click to name and timeline of the profile painted", 350),
    "update": ("frame of the socket to changed card painted", 50),
    "tick": ("one tick of all clocks, with layout", 16),
    "map, by its address": ("map by its address, to all marks drawn", 800),
    "map, by the menu": ("map by the menu, to all marks drawn", 800),
    "inbox": ("inbox by the menu, to conversations painted", None),
    "message": ("click to message dialog painted", None),
}
"""Line of the table and target in milliseconds, by what was sampled."""


def figures_of(samples: dict[str, list[float]], work: str) -> list[Figure]:
    """Return p50 and p95 of everything that was sampled, beside its target."""
    return [
        Figure(
            f"{TARGETS[name][0]}, {rank}",
            value,
            "ms",
            f"{len(taken)} samples, {work}",
            _half(value, TARGETS[name][1]),
            at_most=TARGETS[name][1],
        )
        for name, taken in samples.items()
        for rank, value in (("p50", statistics.median(taken)), ("p95", p95(taken)))
    ]


def p95(samples: list[float]) -> float:
    """Return the 95th percentile; with few samples it lies near the greatest."""
    return statistics.quantiles(samples, n=20, method="inclusive")[-1]


def _half(value: float, target: float | None) -> str:
    """Say whether half the target is met, which is what we aim at."""
    if target is None:
        return ""
    return f"half of it, {target / 2:g}: {'met' if value <= target / 2 else 'not met'}"
