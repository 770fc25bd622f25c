"""One measured figure: what, on how much work, against what, and the budget that it is held to."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A line of the table."""

    what: str
    value: float
    unit: str
    work: str
    """On how much work it was measured."""
    against: str = ""
    """What it was measured beside, in the same run."""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """`ok`, `over budget`, or empty where there is no budget."""
        if self.at_least is None and self.at_most is None:
            return ""
        within = (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )
        return "ok" if within else "over budget"

    @property
    def budget(self) -> str:
        """The budget, for people."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"


def table(figures: list[Figure]) -> str:
    """Return figures as a Markdown table."""
    rows = ["| what | measured | budget | on | beside |", "| --- | ---: | --- | --- | --- |"]
    for figure in figures:
        budget = f"{figure.budget} {figure.verdict}".strip()
        rows.append(
            f"| {figure.what} | {number(figure.value)} {figure.unit} | {budget}"
            f" | {figure.work} | {figure.against} |"
        )
    return "\n".join(rows)


def number(value: float) -> str:
    """Return a number with as many digits as mean something."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def machine() -> str:
    """Name the machine, for beside the figures."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
