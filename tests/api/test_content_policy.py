"""The header that tells a browser what it may load and run."""

from __future__ import annotations

import base64
import hashlib

import pytest

from api.content_policy import content_policy, inline_scripts
from tests.api.conftest import Running

PAGE = """<!doctype html><script src="/a.js"></script><style>a { color: red }</style>
<SCRIPT type=module>if (1 < 2 && "&amp;") {
  go() }</SCRIPT><p>text<script id=t>two</script>"""


def test_scripts_are_those_within_the_page_to_the_letter() -> None:
    assert inline_scripts(PAGE) == ['if (1 < 2 && "&amp;") {\n  go() }', "two"]


def test_only_our_own_scripts_may_run() -> None:
    told = dict(part.split(" ", 1) for part in content_policy([PAGE]).decode().split("; "))
    digest = base64.b64encode(hashlib.sha256(b"two").digest()).decode()
    assert f"'sha256-{digest}'" in told["script-src"]
    assert "unsafe-inline" not in told["script-src"]
    assert all("http" not in value and "*" not in value for value in told.values())


@pytest.mark.parametrize("path", ["/sign-in", "/api/docs", "/api/v1/session", "/nothing/there"])
def test_every_answer_has_it(running: Running, path: str) -> None:
    for _ in ("stranger", "signed in"):
        answer = running.client.get(path, follow_redirects=False)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
        running.sign_in()
