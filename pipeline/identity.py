"""Who a visitor is, as far as the site says: what a new word does to what was said before.

The door has checked each word: `verified` is true only where the site's secret has proven the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def identified(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the identity after `said`.

    What is proven is not moved by a mere claim about the same person. Words about another person
    replace what was known, so that no name of one stands beside the id of another.
    """
    proven, proves = before.get("verified") is True, said.get("verified") is True
    known, named = before.get("id"), said.get("id")
    if proves:
        return {**before, **said} if proven and known == named else dict(said)
    if proven:
        return dict(before) if named is None or named == known else dict(said)
    other = known is not None and named is not None and named != known
    return dict(said) if other else {**before, **said}
