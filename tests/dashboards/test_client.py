"""The screens' door to the API."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards import client


def test_the_cookie_is_forwarded(api: Any) -> None:
    assert client.connect().person().name == "Malika Yusupova"
    assert api.asked[-1].headers["cookie"] == "hozir_session=token"


def test_a_dead_session_is_told_apart_from_a_dead_server(api: Any) -> None:
    api.answers["/api/v1/session"] = (401, {"error": {"reason": "signed_out", "message": ""}})
    with pytest.raises(client.SignedOut):
        client.connect().person()
    api.away = True
    with pytest.raises(client.NoAnswer):
        client.connect().person()


@pytest.mark.parametrize("answer", [(500, {}), (200, {"user": {"id": 1}}), (200, [])])
def test_an_answer_that_was_not_agreed_is_no_answer(api: Any, answer: tuple[int, Any]) -> None:
    api.answers["/api/v1/session"] = answer
    with pytest.raises(client.NoAnswer):
        client.connect().person()


def test_an_unknown_visitor_is_none(api: Any) -> None:
    assert client.connect().visitor("demo", "v_none", "uz") is None


def test_a_visitor_id_cannot_reach_another_path(api: Any) -> None:
    client.connect().visitor("demo", "../session?x=", "uz")
    assert api.asked[-1].url.raw_path.startswith(b"/api/v1/visitors/..%2Fsession%3Fx%3D?")
