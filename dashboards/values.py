"""What a row of a report is called: the value of its dimension in the words of a language.

The words that are not ours (page titles, campaigns, hosts) come from strangers: show them by
`plain` in labels of Streamlit, by `escape` in HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.texts import Language, say, texts
from hozir.countries import country_name

PAGES = ("page", "entry_page", "exit_page")
"""Dimensions whose values are paths, with a title beside."""
_DIRECT = "(direct)"
_NONE = "(none)"


def name(language: Language, dimension: str, row: Mapping[str, Any]) -> str:
    """Return what to call a row; that it is unknown where nothing was said."""
    value = row.get(dimension)
    if value in (None, "", _NONE):
        return say(language, "dimension.unknown")
    told = str(value)
    if row.get(f"{dimension}_name"):
        return str(row[f"{dimension}_name"])
    if dimension == "country":
        return country_name(told, language)
    if dimension in PAGES:
        return str(row.get("title") or told)
    if told == _DIRECT:
        return say(language, "dimension.direct")
    worded = {
        "device": f"dimension.device_{told}",
        "visit": f"dimension.visit_{told}",
        "medium": f"dimension.medium_{told}",
    }
    return str(texts(language).get(worded.get(dimension, ""), told))
