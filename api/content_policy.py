"""What a browser may load and run on our pages, whatever gets into them.

The rule is that strangers' text never becomes markup. This is the wall behind it: markup that got
in all the same could run no script of its own, and send nothing to another host.

Streamlit writes styles as it draws, and its charts (Vega) compile their expressions, hence the two
`unsafe` words. Scripts within our pages are known by their hash.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html.parser import HTMLParser

_ALWAYS = {
    "default-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}


def content_policy(pages: Iterable[str]) -> bytes:
    """Return the header's value for pages that hold scripts; `pages` are their HTML."""
    hashes = sorted({_hash(script) for page in pages for script in inline_scripts(page)})
    scripts = {"script-src": " ".join(["'self'", "'unsafe-eval'", *hashes])}
    return "; ".join(f"{name} {value}" for name, value in (_ALWAYS | scripts).items()).encode()


def inline_scripts(page: str) -> list[str]:
    """Return what stands in a page's script elements, to the letter."""
    reader = _Scripts()
    reader.feed(page)
    reader.close()
    return reader.found


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and not any(name == "src" for name, _ in attrs)
        if self._inside:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = False


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
