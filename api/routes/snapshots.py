"""Snapshots of all that is kept, and days as Parquet files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.present import timestamp
from api.problem import Problem
from api.routes.answer import answer
from api.routes.command_line import Local, local_or
from api.routes.deps import InHouse, may
from api.sign_in import Person
from api.snapshot_files import Snapshot

router = APIRouter(prefix="/api/v1/snapshots", tags=["snapshots"])

MOST_DAYS = 400


class Days(BaseModel):
    """Which days, and into which folder of this machine."""

    first: date
    last: date
    into: str = Field(min_length=1, max_length=4096, pattern=r"^/[^\x00]*$")


@router.get("")
def snapshots(
    house: InHouse, person: Annotated[Person, Depends(may("make_snapshots"))]
) -> Response:
    """Return the snapshots that are kept, the newest first."""
    kept = house.snapshots.kept()
    return answer({"data": [_tell(name, kept[name]) for name in reversed(kept)]})


@router.post("", status_code=201)
def make(
    house: InHouse, person: Annotated[Person | None, Depends(local_or("make_snapshots"))]
) -> Response:
    """Make a snapshot, and answer when it is whole. It stays on the machine that Hozir runs on."""
    name, made = house.snapshots.make(None if person is None else person.id)
    told = _tell(name, made) | {"path": str((house.snapshots.folder / name).resolve())}
    return answer({"data": told}, 201)


@router.post("/days")
def write_days(days: Days, house: InHouse, local: Local) -> Response:
    """Write days as Parquet into a folder of this machine. For its command line alone."""
    if not local:
        raise Problem(401, "signed_out", "Only the command line of the machine may ask for this.")
    if days.first > days.last or (days.last - days.first).days >= MOST_DAYS:
        raise Problem(400, "bad_range", f"From one day to a later one, at most {MOST_DAYS}.")
    return answer(
        {"data": {"files": house.snapshots.write_days(days.first, days.last, Path(days.into))}}
    )


def _tell(name: str, one: Snapshot) -> dict[str, Any]:
    return {
        "name": name,
        "made_at": timestamp(one.made_at),
        "seconds": round(one.seconds, 3),
        "bytes": one.bytes,
        "rows": one.rows,
        "accounts": one.accounts,
    }
