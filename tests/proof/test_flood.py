"""The flood, in small: nothing of the other site is refused, and all of it is told."""

from __future__ import annotations

import pytest

from proof.flood import flooded


@pytest.mark.slow
def test_flood_of_one_site_loses_nothing_of_another() -> None:
    narrow = {"HOZIR_SITE_RATE": "25", "HOZIR_SITE_BURST": "25"}
    told, refused = flooded("in small", 200, 4, None, **narrow)
    assert 0 < told.value < 30_000
    assert refused.value == 0
    assert "wait" in told.against
