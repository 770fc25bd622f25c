"""Two works of one socket at once: what is sent, and what is heard."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def side_by_side(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, then end the others. What they raise is let go."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        # Not gather: when this task is cancelled meanwhile, gather raises a cancellation that no
        # longer tells whose it is, and a cancel scope around takes it for somebody else's.
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()
