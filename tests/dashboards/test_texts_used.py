"""Every text is used somewhere, and every text that is asked for is there.

A key is used where it stands as it is, where its beginning stands before a value
(`inbox.state_${state}`), or, where that is no more than its subject (`role.{role}`), where its end
stands as a word of its own in a source.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import api
import dashboards
import warehouse
from dashboards.texts import texts

SCREENS = Path(dashboards.__file__).parent
RULES = [Path(room.__file__).parent for room in (api, warehouse)]
FILES = {"css", "js", "svg", "html", "json", "py"}
"""What stands behind the dot in the name of a file."""


ENDS = "_(help|hint|sub|failed)$"
"""What sources put behind a value: a text has a second one that goes with it."""


@cache
def sources() -> dict[str, str]:
    """Return what screens are made of, by name of the file."""
    found = [*SCREENS.rglob("*.py"), *SCREENS.rglob("*.js")]
    return {str(path.relative_to(SCREENS)): path.read_text("utf-8") for path in found}


@cache
def asked() -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """Return whole keys, each with the file that asks, and beginnings that a value follows."""
    subjects = "|".join(sorted({key.partition(".")[0] for key in texts("en")}))
    pattern = rf"""["'`]((?:{subjects})\.[\w.]*)(["'`]|\$?\{{)"""
    whole, begun = set(), set()
    for name, source in sources().items():
        for key, end in re.findall(pattern, source):
            if "{" in end:
                begun.add(key)
            elif not key.endswith(".") and key.rpartition(".")[2] not in FILES:
                whole.add((key, name))
    return frozenset(whole), frozenset(begun)


@cache
def words() -> frozenset[str]:
    """Return every word that stands alone in quotes, and the names of rules."""
    rules = [path.read_text("utf-8") for room in RULES for path in room.rglob("*.py")]
    known = "\n".join([*sources().values(), *rules])
    return frozenset(re.findall(r"""["'](\w+)["']""", known)) | frozenset(
        re.findall(r"^def (\w+)", "\n".join(rules), re.M)
    )


def is_used(key: str) -> bool:
    whole, begun = asked()
    if key in {one for one, _ in whole}:
        return True
    if any(key.startswith(one) and not one.endswith(".") for one in begun):
        return True
    subject, _, rest = key.partition(".")
    name = rest.partition(".")[0]
    return f"{subject}." in begun and not words().isdisjoint({name, re.sub(ENDS, "", name)})


def test_every_text_is_used_somewhere() -> None:
    assert [key for key in texts("en") if not is_used(key)] == []


def test_every_text_that_is_asked_for_is_there() -> None:
    whole, _ = asked()
    known = texts("en")
    # What is handed on as a beginning, as `part(language, "live.unit")`, has texts behind it.
    missing = [
        (key, name)
        for key, name in sorted(whole)
        if key not in known and not any(one.startswith(f"{key}_") for one in known)
    ]
    assert missing == []


def test_every_beginning_has_texts_behind_it() -> None:
    _, begun = asked()
    assert [one for one in begun if not any(key.startswith(one) for key in texts("en"))] == []
