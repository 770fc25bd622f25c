"""Text of strangers in labels of Streamlit, which reads every label as Markdown."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"\s+")
# Where an address would become a link though every mark in it is escaped.
_LINKS = re.compile(r"(?<=://)|(?<=@)|(?<=www)(?=\.)", re.IGNORECASE)
_JOINER = "\u2060"
"""Unseen, takes no room, and no part of an address."""


def plain(text: str, most: int = 120) -> str:
    """Return `text` as Markdown that reads as it stands: one line, no link, image or icon.

    At most `most` characters of it, the last an ellipsis if it was cut.
    """
    line = _BREAKS.sub(" ", text).strip()
    if len(line) > most:
        line = line[: most - 1] + "…"
    return _MARKS.sub(r"\\\1", _LINKS.sub(_JOINER, line))
