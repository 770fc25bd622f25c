"""What a browser may read again: its own conversation, by its own secret, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.throttle import Throttle
from tests.api.conftest import Running
from tests.api.test_conversations import V1, arrives, call, conversation, says, write
from tests.conversing import OTHER_TOKEN, TOKEN, hash_of, new_id
from tests.factories import an_id

NOTHING = {"conversation_id": None, "status": None, "messages": []}


def ask(running: Running, token: str = TOKEN, visitor: str = V1, site: str = "demo") -> Any:
    answer = running.client.post(
        "/api/v1/chat/history",
        json={"site_key": site, "visitor_id": visitor, "token": token},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_browser_reads_its_own_words_without_a_sign_in(running: Running) -> None:
    running.sign_in()
    said = says(running, "Salom")
    path = f"conversations/{conversation(running)['id']}"
    sent = call(running, "POST", f"{path}/messages", {"id": new_id(), "text": "Ha"}, 201)["data"]
    call(running, "POST", f"{path}/close")
    running.client.cookies.clear()
    told = ask(running)
    assert (told["conversation_id"], told["status"]) == (sent["conversation_id"], "closed")
    assert told["messages"] == [
        {
            "id": said.id,
            "number": 1,
            "at": said.at,
            "author": "visitor",
            "author_name": "",
            "text": "Salom",
        },
        {
            "id": sent["id"],
            "number": 2,
            "at": told["messages"][1]["at"],
            "author": "agent",
            "author_name": "admin",
            "text": "Ha",
        },
    ]
    assert "localhost" not in str(told)


def test_a_wrong_secret_and_a_stranger_find_the_same_nothing(running: Running) -> None:
    says(running, "Salom")
    assert ask(running, OTHER_TOKEN) == NOTHING
    assert ask(running, visitor=an_id("v", 2)) == NOTHING
    assert ask(running, site="simulated") == NOTHING
    assert ask(running, site="never-made") == NOTHING
    assert ask(running)["conversation_id"]


def test_the_first_browser_that_asks_claims_what_nobody_has(running: Running) -> None:
    running.sign_in()
    arrives(running)
    sent = write(running)
    tokens = [f"{number:032x}" for number in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda token: ask(running, token), tokens))
    (winner,) = [token for token, one in zip(tokens, told, strict=True) if one != NOTHING]
    assert ask(running, winner)["conversation_id"] == sent["conversation_id"]
    path = f"conversations/{sent['conversation_id']}"
    kept = running.house.conversations.find("demo", sent["conversation_id"])
    assert kept.token_hash == hash_of(winner)
    assert len(call(running, "GET", f"{path}/messages")["data"]) == 1


def test_who_asks_too_often_waits(running: Running) -> None:
    running.house.history_of_visitor = Throttle(2, 60)
    for _ in range(2):
        assert ask(running) == NOTHING
    body = {"site_key": "demo", "visitor_id": V1, "token": TOKEN}
    answer = running.client.post("/api/v1/chat/history", json=body)
    assert answer.status_code == 429
    assert answer.json()["error"]["reason"] == "too_many_requests"
    assert answer.headers["Retry-After"].isdigit()
    assert ask(running, visitor=an_id("v", 2)) == NOTHING
    running.house.history_of_address = Throttle(1, 60)
    assert ask(running, visitor=an_id("v", 3)) == NOTHING
    assert running.client.post("/api/v1/chat/history", json=body).status_code == 429


def test_a_page_of_another_site_cannot_ask(running: Running) -> None:
    body = {"site_key": "demo", "visitor_id": V1, "token": TOKEN}
    headers = {"Origin": "https://evil.example"}
    answer = running.client.post("/api/v1/chat/history", json=body, headers=headers)
    assert answer.status_code == 403


def test_what_cannot_be_read_is_refused(running: Running) -> None:
    odd = (b"", b"{", b"[]", b"null", b'{"site_key":1}', b"\xff", b"[" * 2_000, b"x" * 100_000)
    for body in odd:
        answer = running.client.post("/api/v1/chat/history", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["reason"] == "malformed"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries({n: st.text(max_size=40) for n in ("site_key", "visitor_id", "token")})
)
def test_odd_ids_are_refused(running: Running, body: dict[str, str]) -> None:
    running.house.history_of_address = Throttle(10_000, 60)
    answer = running.client.post("/api/v1/chat/history", json=body)
    assert answer.status_code == 400
