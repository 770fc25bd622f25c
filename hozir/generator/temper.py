"""How people behave who come by some way: how many quit, read on, buy, return."""

from __future__ import annotations

from typing import NamedTuple

from hozir.generator.guest import Guest
from hozir.generator.season import CAMPAIGN, SPREAD
from hozir.simulator.shop import Way


class Temper(NamedTuple):
    """Shares from 0 to 1, but for `reading`, which times are multiplied by."""

    quits: float = 0.13
    """At once, before anything is read."""
    bounces: float = 0.34
    """Of the others: one page is all they read."""
    goes_on: float = 0.72
    reading: float = 1.0
    chooses_plan: float = 0.08
    """Of those who read the prices."""
    adds_to_cart: float = 0.16
    """Of those who look at a product."""
    orders: float = 0.40
    """Of those who look into a cart that they filled."""
    signs_up: float = 0.24
    """Of those who open the form."""
    comes_again: float = 0.34
    """Another visit by the same browser is planned."""


_ORDINARY = Temper()
_RETURNING = Temper(0.04, 0.21, 0.80, 1.25, 0.14, 0.25, 0.55, 0.34, 0.48)
_PAID = Temper(0.16, 0.22, 0.74, 0.95, 0.14, 0.20, 0.45, 0.28, 0.30)
_CAMPAIGN = Temper(0.20, 0.38, 0.70, 0.80, 0.11, 0.18, 0.40, 0.22, 0.22)
_SPREAD = Temper(0.07, 0.72, 0.62, 1.20, 0.03, 0.07, 0.30, 0.15, 0.10)


def temper_of(guest: Guest, way: Way) -> Temper:
    """Return how a guest behaves who came by `way`."""
    if guest.returns:
        return _RETURNING
    if way is SPREAD:
        return _SPREAD
    if CAMPAIGN in way.entry:
        return _CAMPAIGN
    return _PAID if "medium=cpc" in way.entry else _ORDINARY
