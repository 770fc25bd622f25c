"""Rows of a statement as JSON tells them, for screens."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

LONGEST_EXACT = 2**53
"""Whole numbers beyond it are told as text: browsers would round them."""


def as_rows(batches: Iterator[pa.RecordBatch], most: int) -> tuple[list[list[Any]], bool]:
    """Return at most so many rows, and whether there are more. Values in the columns' order."""
    rows: list[list[Any]] = []
    for batch in batches:
        columns = [column.slice(0, most + 1).to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            if len(rows) == most:
                return rows, True
            rows.append([told(value) for value in row])
    return rows, False


def told(value: Any) -> Any:
    """Return a value as JSON can tell it: moments by ISO 8601, lengths of time in seconds."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return told(int(value)) if value == value.to_integral_value() else float(value)
    if isinstance(value, int):
        return value if -LONGEST_EXACT <= value <= LONGEST_EXACT else str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): told(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    return str(value)
