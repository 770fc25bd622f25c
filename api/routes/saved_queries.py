"""Statements that a site's analysts keep."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session as Store
from starlette.responses import Response

from api.accounts import SavedQuery, write_audit
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from api.site_settings import plain

router = APIRouter(prefix="/api/v1/sql/saved", tags=["sql"])

MOST_QUERIES = 200
LONGEST_SQL = 20_000

Analyst = Annotated[Person, Depends(may("run_sql"))]
QueryId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Draft(BaseModel):
    """A statement to be kept. One of the same name is replaced."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(plain)]
    sql: str = Field(min_length=1, max_length=LONGEST_SQL)

    @field_validator("name", "sql")
    @classmethod
    def is_text(cls, value: str) -> str:
        """Text alone counts, and text that can be stored."""
        value = value.strip()
        if not value:
            raise ValueError("must not be empty")
        if "\0" in value or value != value.encode(errors="ignore").decode():
            raise ValueError("holds what is no text")
        return value


@router.get("")
def saved(person: Analyst, house: InHouse, site: AskedSite) -> Response:
    """Return what the site's analysts keep, by name."""
    with house.accounts.open() as store:
        return answer({"data": [_tell(one) for one in _of(store, site)]})


@router.post("", status_code=201)
def keep(draft: Draft, person: Analyst, house: InHouse, site: AskedSite) -> Response:
    """Keep a statement, in the place of one of the same name."""
    with house.accounts.alone, house.accounts.open() as store:
        there = _of(store, site)
        found = next((one for one in there if one.name == draft.name), None)
        if found is None and len(there) >= MOST_QUERIES:
            raise Problem(400, "malformed", f"A site keeps at most {MOST_QUERIES} queries.")
        if found is None:
            found = SavedQuery(site_key=site, name=draft.name, sql="", user_id=person.id)
            store.add(found)
        found.sql, found.user_id = draft.sql, person.id
        store.flush()
        write_audit(store, person.id, "query_saved", draft.name, site=site)
        return answer({"data": _tell(found)}, 201)


@router.delete("/{query_id}", status_code=204)
def drop(query_id: QueryId, person: Analyst, house: InHouse, site: AskedSite) -> Response:
    """Remove a kept statement."""
    with house.accounts.open() as store:
        found = store.get(SavedQuery, query_id)
        if found is None or found.site_key != site:
            raise Problem(404, "unknown_query", "The site keeps no such query.")
        write_audit(store, person.id, "query_deleted", found.name, site=site)
        store.delete(found)
    return Response(status_code=204)


def _of(store: Store, site_key: str) -> list[SavedQuery]:
    chosen = select(SavedQuery).where(SavedQuery.site_key == site_key)
    return list(store.scalars(chosen.order_by(SavedQuery.name)))


def _tell(query: SavedQuery) -> dict[str, Any]:
    return {"id": query.id, "name": query.name, "sql": query.sql}
