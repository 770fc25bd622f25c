"""The herd as a process of its own, led from here."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType

import msgspec

from proof.herd import Order, Report
from tests.stack import wait_for


class Herding:
    """Runs a herd while the block runs. `last` is its newest report."""

    def __init__(self, url: str, site: str) -> None:
        self.last = Report(0.0, 0, 0, 0, 0, 0, 0, 0.0)
        self.latest = 0.0
        """The most seconds that the herd was behind its own clock."""
        self._command = [sys.executable, "-m", "proof.herd", url, site]

    def __enter__(self) -> Herding:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._process.pid
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def order(self, order: Order) -> None:
        """Let it do so from now on."""
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(order).decode() + "\n")
        self._process.stdin.flush()

    def grow(self, visitors: int, patience: float) -> bool:
        """Have so many on the site; tell whether they are there within `patience` seconds."""
        self.order(Order(visitors=visitors))
        try:
            wait_for(lambda: self.last.visitors >= visitors, patience, "for the herd")
        except AssertionError:
            return False
        return True

    def halt(self, patience: float = 120) -> Report:
        """Let everybody stand still; return what was sent when all of it was answered."""
        self.order(Order(stop=True))
        wait_for(lambda: self.last.stopped, patience, "for the answers")
        return self.last

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.last = msgspec.json.decode(line, type=Report)
            self.latest = max(self.latest, self.last.late)
