"""Somebody of a history: a generated person who remembers what a browser remembers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from ipaddress import ip_network
from uuid import UUID

from hozir.simulator.agents import Agent
from hozir.simulator.people import SESSION_LENGTH, SESSION_SILENCE, Person
from hozir.simulator.places import Place

SECOND = 1_000


def new_id(rng: random.Random, prefix: str) -> str:
    """Return an id that the dice alone decide, so that a seed repeats it."""
    return f"{prefix}_{UUID(int=rng.getrandbits(128), version=4)}"


@dataclass(slots=True)
class Guest:
    """One browser on the site, through all of its visits."""

    person: Person
    token: str
    """The secret of its conversations."""
    sent_at: int = 0
    began_at: int = 0
    opened_at: int = 0
    """When the first beacon of the session arrived."""
    name: str = ""
    unseen: list[tuple[int, str]] = field(default_factory=list)
    """When messages of the team came while nobody was there, and their ids."""

    @property
    def returns(self) -> bool:
        """True from the second visit on."""
        return self.person.visit > 1

    def arrive(self, at: int, rng: random.Random) -> None:
        """Go on with the session, or begin the next, as the tracker decides it."""
        if (
            not self.person.session_id
            or at - self.began_at >= SESSION_LENGTH * SECOND
            or at - self.sent_at >= SESSION_SILENCE * SECOND
        ):
            self.person.session_id = new_id(rng, "s")
            self.person.visit += 1
            self.began_at = self.opened_at = at


def make_guest(rng: random.Random, agent: Agent, place: Place, earlier: int = 0) -> Guest:
    """Return somebody with `earlier` visits before the history begins."""
    network = ip_network(rng.choice(place.networks))
    address = network[rng.randrange(1, network.num_addresses - 1)]
    person = Person(
        agent, place, str(address), rng.choice(place.languages), visitor_id=new_id(rng, "v")
    )
    person.visit = earlier
    return Guest(person, token=f"{rng.getrandbits(128):032x}")
