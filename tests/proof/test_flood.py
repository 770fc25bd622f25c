"""The flood, in small: it is held to the limit of its site, and none of the other is refused."""

from __future__ import annotations

import pytest

from proof.flood import flooded


@pytest.mark.slow
def test_flood_of_one_site_loses_nothing_of_another() -> None:
    narrow = {"HOZIR_SITE_RATE": "25", "HOZIR_SITE_BURST": "25"}
    told, refused, taken = flooded("in small", 200, 4, None, **narrow)
    assert 0 < told.value < 30_000
    assert refused.value == 0
    assert 0 < taken.value < 40, "which is 25 a second, and what a few seconds round it to"
