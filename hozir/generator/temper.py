"""How people behave who come by some way: how many leave at once, read on, buy."""

from __future__ import annotations

from typing import NamedTuple

from hozir.generator.guest import Guest
from hozir.generator.season import CAMPAIGN, SPREAD
from hozir.simulator.shop import Way


class Temper(NamedTuple):
    """Shares from 0 to 1, but for `reading`, which times are multiplied by."""

    bounces: float = 0.43
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


_ORDINARY = Temper()
_RETURNING = Temper(0.24, 0.80, 1.25, 0.14, 0.25, 0.55, 0.34)
_PAID = Temper(0.33, 0.74, 0.95, 0.14, 0.20, 0.45, 0.28)
_CAMPAIGN = Temper(0.52, 0.70, 0.80, 0.11, 0.18, 0.40, 0.22)
_SPREAD = Temper(0.74, 0.62, 1.20, 0.03, 0.07, 0.30, 0.15)


def temper_of(guest: Guest, way: Way) -> Temper:
    """Return how a guest behaves who came by `way`."""
    if guest.returns:
        return _RETURNING
    if way is SPREAD:
        return _SPREAD
    if CAMPAIGN in way.entry:
        return _CAMPAIGN
    return _PAID if "medium=cpc" in way.entry else _ORDINARY
