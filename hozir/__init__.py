"""What every process shares: the words as types, the log, the settings. Imports nothing of ours.

In a notebook: `hozir.connect(url, token)`, see `hozir/client.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hozir.client import Desk, Problem, connect

__all__ = ["Desk", "Problem", "connect"]


def __getattr__(name: str) -> Any:
    # The processes import this package too, and need neither the client nor Polars.
    if name in __all__:
        from hozir import client

        return getattr(client, name)
    raise AttributeError(f"module 'hozir' has no attribute {name!r}")
