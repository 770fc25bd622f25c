"""Lines for a program: one JSON object a line, whatever writes, text as before by default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hozir.logs import is_line, line
from tests.stack import stack

WRITER = """
import logging, sys, threading, warnings
from hozir.logs import begin_logging
begin_logging("pipeline")
logging.getLogger("room").warning("two\\nlines of %s", "text")
try:
    1 / 0
except ZeroDivisionError:
    logging.exception("it failed")
print("a", "print")
other = logging.getLogger("other")
other.propagate = False
other.addHandler(logging.StreamHandler())
other.error("by a handler of its own")
logging.info("half a character: \\ud83d")
thread = threading.Thread(target=lambda: 1 / 0, name="t")
thread.start()
thread.join()
raise KeyError("the end")
"""


def written(**environ: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", WRITER],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    return done.stdout.splitlines()


def test_every_line_is_an_object_whatever_wrote_it() -> None:
    objects = [json.loads(text) for text in written(HOZIR_LOG_FORMAT="json")]
    assert {one["process"] for one in objects} == {"pipeline"}
    assert [(one["logger"], one["level"], one["message"]) for one in objects] == [
        ("room", "WARNING", "two\nlines of text"),
        ("root", "ERROR", "it failed"),
        ("output", "INFO", "a print"),
        ("output", "INFO", "by a handler of its own"),
        ("root", "INFO", "half a character: \ud83d"),
        ("hozir", "ERROR", "thread t ended by an error"),
        ("hozir", "CRITICAL", "ended by an error"),
    ]
    with_trace = [one["message"] for one in objects if "exception" in one]
    assert with_trace == ["it failed", "thread t ended by an error", "ended by an error"]
    assert "ZeroDivisionError" in objects[1]["exception"]
    assert objects[0]["time"].endswith("Z")


def test_text_is_as_before_by_default() -> None:
    lines = written(HOZIR_LOG_FORMAT="text")
    assert lines[:2] == ["WARNING room: two", "lines of text"]
    assert "a print" in lines


def test_line_is_known_as_one_and_other_text_is_not() -> None:
    assert is_line(line("web", "x"))
    for text in ("", "{", "thread panicked", '{"a": 1}', "[]"):
        assert not is_line(text)


@pytest.mark.slow
def test_all_that_hozir_up_prints_is_objects(tmp_path: Path) -> None:
    with stack(tmp_path, HOZIR_LOG_FORMAT="json") as running:
        running.kill("pipeline")
        running.stop()
        objects = [json.loads(text) for text in running.lines]
    messages = [one["message"] for one in objects if one["process"] == "hozir"]
    assert any(message.startswith("Hozir is up.") for message in messages)
    assert "stopped; nothing is lost" in messages
