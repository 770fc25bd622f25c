"""How long things took, in little room: counts by size, each size within five percent.

The borders of the counts grow by a tenth each, so a day's delays fit into some dozens of numbers,
and any percentile can be told of many minutes together. Nothing is remembered of the single one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

ERROR = 0.05
"""By how much of itself a percentile may be wrong; below two milliseconds, by one of them."""
LONGEST_MS = 7 * 86_400_000
"""What took longer counts as this: the counts stay few."""
_GROWTH = (1 + ERROR) / (1 - ERROR)
_STEP = math.log(_GROWTH)

Sketch = dict[int, int]
"""How many by size: `n` ends at `_GROWTH ** n` milliseconds, and 0 is a millisecond or less."""


def note(sketch: Sketch, ms: float) -> None:
    """Count one more that took so long."""
    size = _size(ms)
    sketch[size] = sketch.get(size, 0) + 1


def joined(sketches: Iterable[Sketch]) -> Sketch:
    """Return what all of them counted."""
    whole: Sketch = {}
    for sketch in sketches:
        for size, n in sketch.items():
            whole[size] = whole.get(size, 0) + n
    return whole


def counted(sketch: Sketch) -> int:
    """Return how many there were."""
    return sum(sketch.values())


def percentile(sketch: Sketch, part: float) -> float | None:
    """Return the milliseconds that `part` (0 to 1) of them took at most; None of nothing.

    By rank: of 20, the 0.95 is the 19th.
    """
    rank = max(1, math.ceil(part * counted(sketch)))
    passed = 0
    for size in sorted(sketch):
        passed += sketch[size]
        if passed >= rank:
            return _middle(size)
    return None


def bars(sketch: Sketch, step_ms: int, most: int) -> list[int]:
    """Return how many took 0 to 1 step, 1 to 2 steps and so on; the last holds all that is left."""
    found = [0] * most
    for size, n in sketch.items():
        found[min(most - 1, int(_middle(size) // step_ms))] += n
    return found


def _size(ms: float) -> int:
    return max(0, math.ceil(math.log(min(ms, LONGEST_MS)) / _STEP)) if ms > 1 else 0


def _middle(size: int) -> float:
    """Return what is nowhere further than ERROR from all that has this size."""
    return 2 * _GROWTH**size / (_GROWTH + 1) if size else 1.0
