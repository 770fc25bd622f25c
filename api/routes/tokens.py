"""One's own tokens, by which programs ask in one's name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.accounts import Token, utc_now
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import InHouse, SignedIn
from api.sign_in import told_moment
from api.site_settings import plain
from api.tokens import make_token, own_tokens, revoke_token

router = APIRouter(prefix="/api/v1/tokens", tags=["session"])

TokenId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class NewToken(BaseModel):
    """A token to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(plain)]
    days: Annotated[int, Field(ge=1, le=3650, description="How long it opens.")] = 90


@router.get("")
def tokens(person: SignedIn, house: InHouse) -> Response:
    """Return one's own tokens, oldest first."""
    return answer({"data": [_tell(one) for one in own_tokens(house.accounts, person.id)]})


@router.post("", status_code=201)
def new_token(new: NewToken, person: SignedIn, house: InHouse) -> Response:
    """Make a token. The answer holds it, this once."""
    if person.by_token:
        # Else one that leaked could make itself live for ever.
        raise Problem(403, "not_allowed", "A token makes no tokens: sign in to do that.")
    if not new.name:
        raise Problem(400, "malformed", "name: say what the token is for.")
    token, made = make_token(house.accounts, person.id, new.name, new.days)
    return answer({"data": {**_tell(made), "token": token}}, 201)


@router.delete("/{token_id}", status_code=204)
def end_token(token_id: TokenId, person: SignedIn, house: InHouse) -> Response:
    """End one of one's own tokens, at once."""
    revoke_token(house.accounts, person.id, token_id)
    house.team_changed(person.id)
    return Response(status_code=204)


def _tell(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "begins": token.begins,
        "created_at": told_moment(token.created_at),
        "expires_at": told_moment(token.expires_at),
        "expired": token.expires_at <= utc_now(),
        "used_at": told_moment(token.used_at),
        "address": token.address or None,
    }
