"""What a page may say of who its visitor is, and whether the site proves it."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any

from ingest.clean import clean_identity


def believe_identity(props: dict[str, Any], secret: str) -> dict[str, Any]:
    """Return what an `identify` said, clean, with `verified` as we found it ourselves.

    The proof is the hex HMAC-SHA256 of the id, by the site's secret. It is used up here: what
    proves an identity is not for those who read of it.
    """
    kept = clean_identity(props)
    kept["verified"] = _is_proven(props.get("id"), props.get("hash"), kept.get("id"), secret)
    return kept


def _is_proven(said: Any, proof: Any, kept: Any, secret: str) -> bool:
    if not secret or not isinstance(proof, str):
        return False
    if isinstance(said, bool) or not isinstance(said, (str, int)):
        return False
    # An id that cleaning alters is not the one that was proven: two might become one.
    if not kept or str(said) != kept:
        return False
    expected = hmac.digest(secret.encode(), kept.encode(), sha256).hex()
    return hmac.compare_digest(expected.encode(), proof.lower().encode("utf-8", "replace"))
