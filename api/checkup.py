"""What the health page needs from elsewhere, asked once for all who look within some seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from api.dead_letters import Letter, come_since, newest
from api.way import Asked, Others
from hozir.bus.log import Log
from hozir.clock import wall_clock
from hozir.contract.errors import LogUnavailable
from hozir.settings import Settings

FRESH_SECONDS = 3.0
LETTERS = 50
DAY_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Looked:
    """What the others and the log answered."""

    others: list[Asked]
    letters: list[Letter] | None
    """None where the log did not answer."""
    letters_of_day: int | None


class Checkup:
    """Asks when it is asked, and not again for some seconds. In the loop."""

    def __init__(
        self, settings: Settings, log: Log, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._others = Others(settings)
        self._log = log
        self._steady = steady
        self._looked: Looked | None = None
        self._fresh_until = 0.0
        self._alone = asyncio.Lock()

    async def look(self) -> Looked:
        """Return what is so, or was so some seconds ago."""
        async with self._alone:
            if self._looked is None or self._steady() >= self._fresh_until:
                others, (letters, of_day) = await asyncio.gather(
                    self._others.ask(), asyncio.to_thread(self._letters)
                )
                self._looked = Looked(others, letters, of_day)
                self._fresh_until = self._steady() + FRESH_SECONDS
            return self._looked

    async def close(self) -> None:
        """Let go of what is open."""
        await self._others.close()

    def _letters(self) -> tuple[list[Letter] | None, int | None]:
        try:
            return newest(self._log, LETTERS), come_since(self._log, wall_clock() - DAY_MS)
        except LogUnavailable:
            return None, None
