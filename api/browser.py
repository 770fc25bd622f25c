"""A browser as a person knows it."""

from __future__ import annotations

from ua_parser import parse


def browser_name(user_agent: str) -> str:
    """Return "Chrome 120, Windows 11" of a User-Agent, as much of it as can be told."""
    found = parse(user_agent[:512])
    agent, system = found.user_agent, found.os
    parts = (
        f"{agent.family} {agent.major or ''}".strip() if agent else "",
        f"{system.family} {system.major or ''}".strip() if system else "",
    )
    return ", ".join(part for part in parts if part)[:80]
