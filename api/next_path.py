"""Where to go after a sign-in: within this house, or to its door."""

from __future__ import annotations

from urllib.parse import urlsplit


def next_path(asked: str) -> str:
    """Return the path if it is one of this house, else `/`.

    Browsers read a backslash as a slash and drop tabs and line ends, so `/\\evil.example` and
    `/<tab>/evil.example` lead elsewhere.
    """
    if not asked.startswith("/") or asked.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in asked) or "\\" in asked:
        return "/"
    try:
        parts = urlsplit(asked)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else asked[:2_000]
