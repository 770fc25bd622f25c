"""Makes wrong messages of right ones: the kinds of damage that strangers, and bad lines, do."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

ODD_TEXTS = [
    "",
    "\x00",
    "\u202egnp.exe",
    "\ufeff",
    "\ud800",
    "🏳️‍🌈" * 50,
    "a\u0301" * 200,
    "\u2028",
    "=cmd|' /C calc'!A0",
    "<script>window.pwned=1</script>",
    "x" * 5_000,
    "%00%ff",
    "../../etc/passwd",
    "' OR 1=1 --",
    "javascript:alert(1)",
    "http://[::1",
    "http://\x00/",
    "https://xn--a.example/\udfff",
]
ODD_NUMBERS = [0, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, 1e-320, -0.0]
ODD_VALUES: list[Any] = [None, True, False, [], {}, [[]], {"": {}}, *ODD_TEXTS, *ODD_NUMBERS]
NOT_JSON = [b"NaN", b"Infinity", b"1e999", b"-", b"\\", b'"\\u12', b"/**/", b",", b"\xed\xa0\x80"]
CHARSETS = ("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037")


def mutated(rng: random.Random, right: bytes) -> bytes:
    """Return a wrong form of a message; now and then it happens to be right again."""
    wrong = rng.choice(_WAYS)(rng, right)
    return rng.choice(_WAYS)(rng, wrong) if rng.random() < 0.2 else wrong


def _flip(rng: random.Random, right: bytes) -> bytes:
    wrong = bytearray(right or b"0")
    for _ in range(rng.randint(1, 8)):
        wrong[rng.randrange(len(wrong))] ^= 1 << rng.randrange(8)
    return bytes(wrong)


def _cut(rng: random.Random, right: bytes) -> bytes:
    return right[: rng.randint(0, len(right))]


def _splice(rng: random.Random, right: bytes) -> bytes:
    a, b = sorted(rng.randint(0, len(right)) for _ in range(2))
    piece = rng.choice([b"", right[a:b] * 2, rng.randbytes(8), rng.choice(NOT_JSON)])
    return right[:a] + piece + right[b:]


def _swap(rng: random.Random, right: bytes) -> bytes:
    """Put a value of another kind, or another size, somewhere into the tree."""
    try:
        tree = json.loads(right)
    except (ValueError, RecursionError):
        return _flip(rng, right)
    at = tree
    while isinstance(at, dict | list) and at:
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        below = at[key]
        if not isinstance(below, dict | list) or not below or rng.random() < 0.3:
            if isinstance(at, dict) and rng.random() < 0.2:
                at[rng.choice(ODD_TEXTS)] = at.pop(key)
            else:
                at[key] = rng.choice(ODD_VALUES)
            break
        at = below
    return _told(tree)


def _deepen(rng: random.Random, right: bytes) -> bytes:
    depth = rng.choice((2, 100, 1_000, 10_000))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return opening * depth + right + closing * rng.choice((depth, depth - 1, 0))


def _multiply(rng: random.Random, right: bytes) -> bytes:
    try:
        tree = json.loads(right)
    except (ValueError, RecursionError):
        return right * 2
    if isinstance(tree, dict):
        for value in tree.values():
            if isinstance(value, list) and value:
                value *= rng.choice((2, 51, 100))
    return _told(tree)


def _recode(rng: random.Random, right: bytes) -> bytes:
    if rng.random() < 0.2:
        return gzip.compress(right, 1)
    return right.decode(errors="replace").encode(rng.choice(CHARSETS), errors="replace")


def _told(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=True).encode()


_WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flip, _cut, _splice, _deepen, _multiply, _recode),
    *(_swap, _swap, _swap, _swap),
)
