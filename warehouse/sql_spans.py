"""Intervals as lengths of time: data frames know no months that are of no length."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_PARTS = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
_DAY_US = 86_400_000_000
_MONTH_DAYS = 30
"""As the database counts them when it compares two."""
_LENGTH = pa.duration("us")


def as_lengths(schema: pa.Schema) -> pa.Schema:
    """Return a schema whose intervals are lengths of time."""
    return pa.schema(
        field.with_type(_LENGTH) if _is_interval(field.type) else field for field in schema
    )


def with_lengths(column: pa.Array) -> pa.Array:
    """Return a column; of an interval its length in microseconds."""
    if not _is_interval(column.type):
        return column
    valid, parts = column.buffers()
    held = np.frombuffer(parts, _PARTS)[column.offset : column.offset + len(column)]
    days = held["months"].astype("<i8") * _MONTH_DAYS + held["days"]
    length = days * _DAY_US + held["nanoseconds"] // 1000
    missing = column.is_null().to_numpy(zero_copy_only=False) if valid is not None else None
    return pa.array(length, pa.int64(), mask=missing).cast(_LENGTH)


def _is_interval(kind: pa.DataType) -> bool:
    return bool(kind == pa.month_day_nano_interval())
