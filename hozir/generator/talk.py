"""Conversations: a visitor writes, the team answers when it is there, and the other way round."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hozir.contract.ids import concluded_session_id
from hozir.generator.deeds import Answered, Deed, Wrote
from hozir.generator.guest import SECOND, Guest, new_id
from hozir.generator.visit import Stay

MINUTE = 60 * SECOND
OPENS, CLOSES = time(8), time(22)
UNANSWERED = 0.07
PUT_AWAY = 24 * 60 * MINUTE
"""Nobody lets a question wait for weeks."""
IS_WRITTEN_TO = 0.035
"""Of the visits of people that last long enough while the team is there."""
LONG_ENOUGH = 60 * SECOND
ANSWERS = 0.36
"""Of the visitors to whom the team wrote first."""
WRITES_AGAIN = 0.5
IS_CLOSED = 0.7
SPREAD = 0.8


class Agent(NamedTuple):
    """Somebody of the team. There is no account: they only appear in what was said."""

    name: str
    minutes: float
    """Median, until the first answer."""
    share: int


TEAM = (
    Agent("Malika", 1.6, 5),
    Agent("Jasur", 3.5, 4),
    Agent("Oybek", 8.0, 2),
)

QUESTIONS = (
    "Assalomu alaykum! Yetkazib berish Samarqandga necha kun?",
    "Здравствуйте, есть ли рассрочка?",
    "Plus tarifi oyiga qancha boʻladi?",
    "Смартфон X2 есть в наличии в чёрном цвете?",
    "Hello, do you ship to Kazakhstan?",
    "Kitobni bugun olib ketsam boʻladimi?",
    "Можно оплатить картой Humo?",
)
ANSWERED = (
    "Assalomu alaykum! Hozir tekshirib beraman.",
    "Здравствуйте! Да, есть. Оформить для вас?",
    "Ha, albatta. Qaysi shaharga?",
    "Yes, it takes five days.",
    "Да, принимаем Humo и Uzcard.",
)
AGAIN = ("Rahmat!", "Спасибо, понятно", "Yaxshi, buyurtma beraman", "Thanks a lot", "А до пятницы?")
OFFERS = (
    "Assalomu alaykum! Tarif tanlashda yordam kerakmi?",
    "Здравствуйте! Подсказать с выбором телефона?",
    "Savolingiz boʻlsa, shu yerdaman.",
)


class Talk:
    """What is said around the visits of a site."""

    def __init__(self, site_key: str, zone: ZoneInfo, rng: random.Random) -> None:
        self._site_key = site_key
        self._zone = zone
        self._rng = rng

    def greet(self, guest: Guest, stay: Stay) -> Iterator[Deed]:
        """Tell what happens when a guest comes: what waited is seen."""
        came = [one for one in guest.unseen if one[0] < stay.began]
        if came:
            guest.unseen = [one for one in guest.unseen if one[0] >= stay.began]
            yield _seen(guest, stay, stay.began + 3 * SECOND, max(came)[1])

    def around(self, guest: Guest, stay: Stay, wrote_at: int | None) -> Iterator[Deed]:
        """Tell what was said in a stay and because of it."""
        if wrote_at is not None:
            yield from self._question(guest, stay, wrote_at)
        elif stay.ended - stay.began > LONG_ENOUGH and self._rng.random() < IS_WRITTEN_TO:
            yield from self._offer(guest, stay)

    def _question(self, guest: Guest, stay: Stay, at: int) -> Iterator[Deed]:
        rng = self._rng
        ended = stay.ended
        yield self._says(guest, stay, at, QUESTIONS)
        agent = self._agent()
        if rng.random() < UNANSWERED:
            yield self._closed(guest, agent, self._when_there(at + PUT_AWAY, agent))
            return
        at = self._when_there(at, agent)
        yield from self._answers(guest, stay, agent, at, ANSWERED)
        if at < ended and rng.random() < WRITES_AGAIN:
            at = min(ended, at + self._pause(30.0))
            yield self._says(guest, stay, at, AGAIN)
            at += self._pause(60.0)
            yield from self._answers(guest, stay, agent, at, ANSWERED)
        yield from self._closes(guest, agent, at)

    def _offer(self, guest: Guest, stay: Stay) -> Iterator[Deed]:
        rng = self._rng
        at = rng.randint(stay.began + LONG_ENOUGH // 2, stay.ended)
        if not self._is_open(at):
            return
        agent = self._agent()
        yield from self._answers(guest, stay, agent, at, OFFERS, proactive=True)
        again = at + self._pause(30.0)
        if again < stay.ended and rng.random() < ANSWERS:
            yield self._says(guest, stay, again, QUESTIONS)
            at = again + self._pause(agent.minutes * 40)
            yield from self._answers(guest, stay, agent, at, ANSWERED)
            yield from self._closes(guest, agent, at)

    def _says(self, guest: Guest, stay: Stay, at: int, texts: tuple[str, ...]) -> Wrote:
        rng = self._rng
        return Wrote(
            at=at,
            kind="message",
            visitor_id=guest.person.visitor_id,
            id=new_id(rng, "m"),
            token=guest.token,
            session_id=stay.session_id,
            text=rng.choice(texts),
        )

    def _answers(
        self,
        guest: Guest,
        stay: Stay,
        agent: Agent,
        at: int,
        texts: tuple[str, ...],
        proactive: bool = False,
    ) -> Iterator[Deed]:
        rng = self._rng
        there = at < stay.ended
        message = Answered(
            at=at,
            kind="message",
            visitor_id=guest.person.visitor_id,
            id=new_id(rng, "m"),
            agent=agent.name,
            token=guest.token,
            session_id=self._concluded(stay) if there else "",
            text=rng.choice(texts),
            proactive=proactive,
        )
        yield message
        if there:
            yield _seen(guest, stay, at + rng.randint(1, 8) * SECOND, message.id)
        else:
            guest.unseen.append((at, message.id))

    def _closes(self, guest: Guest, agent: Agent, at: int) -> Iterator[Deed]:
        if self._rng.random() < IS_CLOSED:
            yield self._closed(guest, agent, at + self._pause(15 * 60.0))

    def _closed(self, guest: Guest, agent: Agent, at: int) -> Answered:
        return Answered(
            at=at,
            kind="closed",
            visitor_id=guest.person.visitor_id,
            id=new_id(self._rng, "m"),
            agent=agent.name,
            token=guest.token,
        )

    def _concluded(self, stay: Stay) -> str:
        """Return the name that the pipeline gives to the session."""
        return concluded_session_id(self._site_key, stay.session_id, stay.opened_at)

    def _agent(self) -> Agent:
        return self._rng.choices(TEAM, [agent.share for agent in TEAM])[0]

    def _when_there(self, at: int, agent: Agent) -> int:
        """Return when a question is answered: soon, or after the next opening."""
        if self._is_open(at):
            return at + self._pause(agent.minutes * 60)
        local = datetime.fromtimestamp(at / 1000, self._zone)
        day = local.date() if local.time() < OPENS else local.date() + timedelta(1)
        opening = datetime.combine(day, OPENS, self._zone)
        return int(opening.timestamp() * 1000) + self._pause(12 * 60.0)

    def _is_open(self, at: int) -> bool:
        local = datetime.fromtimestamp(at / 1000, self._zone)
        return OPENS <= local.time() < CLOSES

    def _pause(self, median: float) -> int:
        """Return a human time of some `median` seconds, in milliseconds."""
        return int(self._rng.lognormvariate(math.log(median), SPREAD) * SECOND) + SECOND


def _seen(guest: Guest, stay: Stay, at: int, message_id: str) -> Wrote:
    return Wrote(
        at=at,
        kind="seen",
        visitor_id=guest.person.visitor_id,
        id=message_id,
        token=guest.token,
        session_id=stay.session_id,
    )
