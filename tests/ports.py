"""Ports for servers of the tests."""

from __future__ import annotations

import random
import socket

OURS = range(20_000, 32_000)
"""Below 32768, where Linux begins to give ports to outgoing connections: between the question and
the server's start such a connection could take the port, and one to a server that is down could
meet itself on it."""
_given: set[int] = set()
_chance = random.SystemRandom()


def free_port() -> int:
    """Return a port that nobody uses now, another one each time."""
    while True:
        port = _chance.choice(OURS)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
