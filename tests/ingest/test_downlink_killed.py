"""The door as a process, killed: what it acknowledged is there, and what waits arrives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from websockets.sync.client import connect

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import decode_message, encode
from hozir.contract.message import Message
from hozir.contract.site import Site
from hozir.contract.topics import MESSAGES, REPLIES, SITES
from tests.batches import an_id
from tests.ports import free_port
from tests.stack import wait_for

TOKEN = "a" * 32
HELLO = json.dumps(
    {
        "visitor_id": an_id("v", 1),
        "session_id": an_id("s", 1),
        "tab_id": an_id("t", 1),
        "view": 1,
        "token": TOKEN,
    }
)


def start(data: Path, port: int) -> subprocess.Popen[bytes]:
    environ = os.environ | {"HOZIR_DATA": str(data), "HOZIR_INGEST_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "ingest"], env=environ)
    wait_for(lambda: is_ready(port), what="for ingest")
    return process


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_door_loses_neither_messages_nor_replies(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "log")
    log.append(SITES, [(0, encode(Site("demo", "Demo", loopback=True)))])
    port = free_port()
    process = start(tmp_path, port)
    sent = []
    try:
        for number in range(2):
            message = Message(
                "message",
                "demo",
                an_id("v", 1),
                id=an_id("m", number),
                conversation_id=an_id("c", 1),
                at=time.time_ns() // 1_000_000,
                author="agent",
                text=f"{number}",
            )
            log.append(MESSAGES, [(0, encode(message))])
            sent.append(message.id)
            answer = httpx.post(
                f"http://127.0.0.1:{port}/w/demo",
                json={
                    "kind": "message",
                    "visitor_id": an_id("v", 1),
                    "token": TOKEN,
                    "id": an_id("m", 100 + number),
                    "text": f"reply {number}",
                },
            )
            assert answer.status_code == 204
            kill(process)
            process = start(tmp_path, port)
            with connect(f"ws://127.0.0.1:{port}/w/demo", compression=None) as page:
                page.send(HELLO)
                assert [json.loads(page.recv(10))["id"] for _ in sent] == sent
        replies = [decode_message(record.value).text for record in log.read(REPLIES, 0, 0, 100)]
        assert replies == ["reply 0", "reply 1"]
    finally:
        kill(process)
        log.close()
