"""How a command on this machine asks the running web process: by a key in the data folder.

Whoever may read it may read the accounts beside it; nobody else can.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec

from hozir.contract.errors import HozirError

KEY_FILE = "web.key"
HEADER = "x-hozir-local"


class Key(msgspec.Struct, frozen=True):
    """Where web is, and the secret that it made at its start."""

    url: str
    secret: str


class NotRunning(HozirError):
    """No web process answers over this data folder."""


class Refusal(HozirError):
    """Web did not do it. The message is one line for a person."""


def ask(
    data: Path, path: str, body: dict[str, Any] | None = None, method: str = "POST"
) -> dict[str, Any]:
    """Ask the API of the process that runs over a data folder; return what it answered.

    Waits as long as it takes. Raises NotRunning, Refusal.
    """
    try:
        key = msgspec.json.decode((data / KEY_FILE).read_bytes(), type=Key)
    except FileNotFoundError as error:
        raise NotRunning(f"nobody runs over {data}") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise Refusal(f"{data / KEY_FILE} cannot be read: {error}") from error
    waits = httpx.Timeout(None, connect=5)
    try:
        with httpx.Client(base_url=key.url, timeout=waits, trust_env=False) as client:
            headers = {HEADER: key.secret}
            answer = client.request(method, path, json=body or {}, headers=headers)
    except httpx.ConnectError as error:
        raise NotRunning(f"{key.url} does not answer") from error
    except httpx.HTTPError as error:
        raise Refusal(f"{key.url} ended without an answer: {error}") from error
    try:
        told: dict[str, Any] = answer.json()
        if answer.is_success:
            return told
        # A key of another start: the process that made it was killed, and another has its port.
        if answer.status_code in (401, 404):
            raise NotRunning(f"{key.url} is somebody else")
        raise Refusal(str(told["error"]["message"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{key.url} answered {answer.status_code}") from error
