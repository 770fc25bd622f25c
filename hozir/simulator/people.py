"""One generated visitor: who, where, with which browser."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Protocol, TypeVar
from uuid import uuid4

from hozir.contract.beacon import Context
from hozir.simulator.agents import AGENTS, Agent
from hozir.simulator.places import PLACES, Place

SESSION_SILENCE = 30 * 60.0
SESSION_LENGTH = 24 * 3600.0


class Weighted(Protocol):
    """Something that is chosen more often, the heavier it is."""

    @property
    def weight(self) -> int: ...


W = TypeVar("W", bound=Weighted)


def choose(rng: random.Random, things: Sequence[W]) -> W:
    """Return one of the things, by weight."""
    return rng.choices(things, [thing.weight for thing in things])[0]


@dataclass(slots=True)
class Person:
    """A browser as the site sees it. Ids are new in each run: a seed decides what people do,
    not who they are, so that a second run of a seed is not taken for a repetition."""

    agent: Agent
    place: Place
    address: str
    language: str
    visitor_id: str = field(default_factory=lambda: f"v_{uuid4()}")
    session_id: str = ""
    session_began: float = 0.0
    last_sent: float = 0.0
    """When a beacon was last acknowledged; monotonic seconds."""
    visit: int = 0

    def arrive(self) -> None:
        """Go on with the session, or begin the next, as the tracker decides it."""
        now = time.monotonic()
        if (
            not self.session_id
            or now - self.session_began >= SESSION_LENGTH
            or now - max(self.last_sent, self.session_began) >= SESSION_SILENCE
        ):
            self.session_id = f"s_{uuid4()}"
            self.session_began = now
            self.visit += 1

    def context(self, referrer: str) -> Context:
        """Return what the tracker tells of the browser with a page view."""
        return Context(
            language=self.language,
            screen=self.agent.screen,
            timezone=self.place.timezone,
            referrer=referrer,
            platform_version=self.agent.platform_version,
            model=self.agent.model,
            touch=self.agent.touch,
            webdriver="Headless" in self.agent.user_agent,
            visit=self.visit,
        )


def make_person(rng: random.Random) -> Person:
    """Return somebody new."""
    place = choose(rng, PLACES)
    network = ip_network(rng.choice(place.networks))
    address = network[rng.randrange(1, network.num_addresses - 1)]
    person = Person(choose(rng, AGENTS), place, str(address), rng.choice(place.languages))
    if rng.random() < 0.25:
        person.visit = rng.randint(1, 12)
    return person
