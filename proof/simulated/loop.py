"""As much of an asyncio loop as the door's own code asks for, over the simulated clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from hozir.contract.errors import HozirError
from proof.simulated.clock import Call, Clock, Life


class SimulatedLoop:
    """The loop of one life of the door. `disk_seconds` says how long the next commit takes."""

    def __init__(self, clock: Clock, life: Life, disk_seconds: Callable[[], float]) -> None:
        self._clock = clock
        self._life = life
        self._disk_seconds = disk_seconds

    def time(self) -> float:
        """See AbstractEventLoop."""
        return self._clock.time()

    def get_debug(self) -> bool:
        """See AbstractEventLoop."""
        return False

    def create_future(self) -> asyncio.Future[Any]:
        """See AbstractEventLoop."""
        return asyncio.Future(loop=cast(asyncio.AbstractEventLoop, self))

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """See AbstractEventLoop."""
        return self.call_later(0, callback, *args, context=context)

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """See AbstractEventLoop."""
        if context is None:
            return self._later(delay, lambda: callback(*args))
        return self._later(delay, lambda: context.run(callback, *args))

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Do it in a while, as a thread would; a disk may refuse, or its writer die."""
        done = self.create_future()

        def do() -> None:
            try:
                result = func(*args)
            except HozirError as error:
                done.set_exception(error)
            else:
                done.set_result(result)

        self._later(self._disk_seconds(), do)
        return done

    def call_exception_handler(self, context: Any) -> None:
        """What nobody waited for any more is no matter."""

    def _later(self, seconds: float, what: Callable[[], None]) -> Call:
        return self._clock.call_later(seconds, self._life, what)
