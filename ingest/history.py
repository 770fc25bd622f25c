"""Asks web what was said in a visitor's conversation. The door itself keeps none of it."""

from __future__ import annotations

import logging

import httpx

from hozir.contract.codec import encode
from ingest.reject import Rejected

PATH = "/api/v1/chat/history"
PATIENCE_SECONDS = 3.0
NOTHING = encode({"conversation_id": None, "status": None, "messages": []})

log = logging.getLogger(__name__)


class History:
    """A client of web. `url` is where the door reaches it."""

    def __init__(self, url: str) -> None:
        # Web is a neighbour: no proxy of the environment stands between.
        self._client = httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False)

    async def ask(
        self, site_key: str, visitor_id: str, token: str, address: str
    ) -> bytes | Rejected:
        """Return the conversation as JSON, as web tells it to whoever shows its token."""
        question = {"site_key": site_key, "visitor_id": visitor_id, "token": token}
        try:
            answer = await self._client.post(
                PATH,
                content=encode(question),
                headers={"Content-Type": "application/json", "X-Forwarded-For": address},
            )
        except httpx.HTTPError as error:
            log.warning("web does not tell a conversation: %s", error or type(error).__name__)
            return Rejected("web_unavailable", retry_after=2)
        if answer.status_code == 200:
            return answer.content
        if answer.status_code in (401, 403, 404):
            return NOTHING  # a wrong secret and no conversation look the same from outside
        if answer.status_code == 429:
            wait = answer.headers.get("retry-after", "")
            return Rejected("visitor_rate", retry_after=int(wait) if wait.isdigit() else 5)
        log.warning("web answered %d to a question for a conversation", answer.status_code)
        return Rejected("web_unavailable", retry_after=2)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
