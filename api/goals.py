"""Goals: what a site wants its visitors to do. Kept with the site, counted by the warehouse."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session as Store

from api.accounts import Accounts, Goal, write_audit
from api.problem import Problem
from api.sign_in import Person

MOST_GOALS = 50
LONGEST_MATCH = 500

GoalKind = Literal["page", "event"]


class Draft(BaseModel):
    """A goal as it is to be."""

    name: str = Field(min_length=1, max_length=80)
    kind: GoalKind
    match: str = Field(
        min_length=1,
        max_length=LONGEST_MATCH,
        description="A path, `/blog/*` for all that begin so; or the name of an event.",
    )

    @field_validator("name", "match")
    @classmethod
    def not_blank(cls, value: str) -> str:
        """Text alone counts, and text that can be stored."""
        value = value.strip()
        if not value:
            raise ValueError("must not be empty")
        if "\0" in value or value != value.encode(errors="ignore").decode():
            raise ValueError("holds what is no text")
        return value

    @model_validator(mode="after")
    def fits(self) -> Draft:
        """A page is a path, with one star at the end at most."""
        if self.kind == "page":
            if not self.match.startswith("/"):
                raise ValueError("a page's path begins with /")
            if "*" in self.match[:-1]:
                raise ValueError("a star stands at the end alone")
        return self


def goals_of(accounts: Accounts, site_key: str) -> list[Goal]:
    """Return the goals of a site, oldest first."""
    with accounts.open() as store:
        return _of(store, site_key)


def make_goal(accounts: Accounts, by: Person, site_key: str, draft: Draft) -> Goal:
    """Add a goal. Raises Problem when there is one like it, or too many."""
    with accounts.alone, accounts.open() as store:
        there = _of(store, site_key)
        if any(
            one.name == draft.name or (one.kind, one.match) == (draft.kind, draft.match)
            for one in there
        ):
            raise Problem(409, "goal_exists", "The site has such a goal already.")
        if len(there) >= MOST_GOALS:
            raise Problem(400, "malformed", f"A site has at most {MOST_GOALS} goals.")
        made = Goal(site_key=site_key, name=draft.name, kind=draft.kind, match=draft.match)
        store.add(made)
        store.flush()
        write_audit(
            store,
            by.id,
            "goal_made",
            draft.name,
            site=site_key,
            kind=draft.kind,
            match=draft.match,
        )
        return made


def drop_goal(accounts: Accounts, by: Person, site_key: str, goal_id: int) -> None:
    """Remove a goal. What counted towards it stays. Raises Problem."""
    with accounts.alone, accounts.open() as store:
        goal = store.get(Goal, goal_id)
        if goal is None or goal.site_key != site_key:
            raise Problem(404, "unknown_goal", "The site has no such goal.")
        write_audit(store, by.id, "goal_removed", goal.name, site=site_key)
        store.delete(goal)


def tell_goal(goal: Goal) -> dict[str, Any]:
    """Return a goal as the API tells it."""
    return {"id": goal.id, "name": goal.name, "kind": goal.kind, "match": goal.match}


def _of(store: Store, site_key: str) -> list[Goal]:
    return list(store.scalars(select(Goal).where(Goal.site_key == site_key).order_by(Goal.id)))
