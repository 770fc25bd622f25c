"""What processes say on their way: lines of text for a person, or JSON objects for a program.

As JSON, everything that a process prints is one object a line: its own records, and what libraries
write past logging, as Streamlit does.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from hozir.settings import variable

OUTPUT = "output"
"""The logger's name of what came past logging."""


def is_json() -> bool:
    """Tell whether JSON is asked for. Read by itself: settings that cannot be used are logged."""
    return os.environ.get(variable("log_format"), "").strip() == "json"


def begin_logging(process: str) -> None:
    """Let this process log as the settings say. To be called once, first of all."""
    if not is_json():
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)
    sys.stdout, sys.stderr = Output(process, sys.stdout), Output(process, sys.stderr)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


class JsonLines(logging.Formatter):
    """A record as one JSON object without a line break in it."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        exception = self.formatException(record.exc_info) if record.exc_info else ""
        return line(
            self._process,
            record.getMessage(),
            logger=record.name,
            level=record.levelname,
            exception=exception,
            at=record.created,
        )


def line(
    process: str,
    message: str,
    *,
    logger: str = OUTPUT,
    level: str = "INFO",
    exception: str = "",
    at: float | None = None,
) -> str:
    """Return a line of the log as JSON. `exception` stands in it only if there is one."""
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    told = {
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "process": process,
        "logger": logger,
        "message": message,
    }
    # ASCII alone, so that half a character from the internet breaks no line.
    return json.dumps(told | ({"exception": exception} if exception else {}))


def is_line(text: str) -> bool:
    """Tell whether a text is a line of such a log already."""
    if not text.startswith("{"):
        return False
    try:
        return "process" in json.loads(text)
    except ValueError:
        return False


class Output(io.TextIOBase):
    """Stands for stdout or stderr, and makes an object of each text that is written there."""

    def __init__(self, process: str, stream: TextIO) -> None:
        self._process = process
        self._stream = stream
        self._held = threading.local()

    def write(self, text: str) -> int:
        """Write what ends with a line break; hold the rest until one comes."""
        held = getattr(self._held, "text", "") + text
        self._held.text = ""
        if not held.endswith("\n"):
            self._held.text = held
        elif held.strip():
            self._stream.write(line(self._process, held.rstrip("\n")) + "\n")
            self._stream.flush()
        return len(text)

    def flush(self) -> None:
        """See TextIOBase."""
        self._stream.flush()

    def fileno(self) -> int:
        """See TextIOBase."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """See TextIOBase."""
        return True


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("hozir").critical("ended by an error", exc_info=(kind, error, trace))


def _log_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit or args.exc_value is None:
        return
    name = args.thread.name if args.thread else ""
    told = (args.exc_type, args.exc_value, args.exc_traceback)
    logging.getLogger("hozir").error("thread %s ended by an error", name, exc_info=told)
