"""The network of a namespace that has only just been made, and what it counts."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress
from pathlib import Path

NOBODY = ("192.0.2.1", 443)
"""An address that documentation may use, and nobody has."""
SET_FLAGS, IS_UP = 0x8914, 0x1


def raise_loopback() -> None:
    """Bring up `lo`: a new namespace has it, and has it down."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh", b"lo", IS_UP))


def interfaces() -> list[str]:
    """Return the names of all there are."""
    return [name for _, name in socket.if_nameindex()]


def tries() -> int:
    """Return how often anybody in this namespace wanted to reach what there is no way to.

    Connections, datagrams and the questions of name servers alike; the kernel counts them.
    """
    names, values = (
        line.split()
        for line in Path("/proc/self/net/snmp").read_text().splitlines()
        if line.startswith("Ip:")
    )
    six = dict(line.split() for line in Path("/proc/self/net/snmp6").read_text().splitlines())
    return int(values[names.index("OutNoRoutes")]) + int(six["Ip6OutNoRoutes"])


def counts_a_try() -> bool:
    """Tell whether a connection to nobody fails, and is counted."""
    before = tries()
    with suppress(OSError), socket.create_connection(NOBODY, 5):
        return False
    return tries() == before + 1
