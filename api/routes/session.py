"""Sign in, sign out, who am I, and what I may change of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.responses import Response

from api.accounts import User, write_audit
from api.asking import asking
from api.browser import browser_name
from api.house import House, person_of
from api.passwords import hash_password, verify, weakness
from api.permissions import MATRIX
from api.present_site import tell_sites
from api.problem import Problem
from api.routes.answer import answer
from api.routes.cookie import address_of, drop_cookie, set_cookie, too_many, wait_of_address
from api.routes.deps import InHouse, SignedIn
from api.sign_in import Person, end_sign_ins, public_id_of, told_moment
from api.site_settings import plain

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Credentials(BaseModel):
    """What somebody types in to sign in."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class NewPassword(BaseModel):
    """A change of one's own password."""

    old: str = Field(max_length=1024)
    new: str = Field(max_length=1024)


class OwnSettings(BaseModel):
    """What somebody may change of themselves; what is left out stays."""

    language: Literal["uz", "ru", "en", ""] | None = None
    name: Annotated[str, Field(max_length=100), AfterValidator(plain)] | None = None
    theme: Literal["light", "dark", ""] | None = None


@router.get("/ways")
def ways(house: InHouse) -> Response:
    """Return how one may sign in; open to everybody."""
    oidc = house.oidc
    return answer({"password": True, "oidc": {"name": oidc.name} if oidc else None})


@router.post("")
def sign_in(request: Request, credentials: Credentials, house: InHouse) -> Response:
    """Sign in. Sets the cookie that opens everything else."""
    account = credentials.email.strip().casefold()
    # A stranger's guesses must not keep out those who come from where they always came from.
    network = asking().address
    lane = f"{account} {network}" if house.sign_ins.was_here(account, network) else account
    if wait := wait_of_address(request, house) or house.of_account.take(lane):
        raise too_many(wait)
    browser = browser_name(request.headers.get("user-agent", ""))
    signed = house.sign_ins.sign_in(account, credentials.password, browser)
    if signed is None:
        raise Problem(401, "wrong_password", "The e-mail and the password do not fit.")
    token, person = signed
    house.of_account.forgive(lane)
    house.of_address.give_back(address_of(request))
    response = answer({"user": _tell(house, person)})
    set_cookie(response, request, house, token)
    return response


@router.get("")
def who_am_i(person: SignedIn, house: InHouse) -> Response:
    """Return who is signed in, with the sites they may see."""
    return answer({"user": _tell(house, person)})


@router.patch("")
def change_settings(wanted: OwnSettings, person: SignedIn, house: InHouse) -> Response:
    """Change one's own name, language or theme."""
    changes = wanted.model_dump(exclude_none=True)
    with house.accounts.open() as store:
        user = store.get_one(User, person.id)
        for name, value in changes.items():
            setattr(user, name, value)
        write_audit(store, person.id, "profile_changed", str(person.id), changed=sorted(changes))
    house.sign_ins.forget()
    now = house.sign_ins.person_of_hash(person.token_hash)
    return answer({"user": _tell(house, now or person)})


@router.post("/password", status_code=204)
def change_password(wanted: NewPassword, person: SignedIn, house: InHouse) -> Response:
    """Change one's own password. Ends all other sign-ins."""
    lane = f"change {person.id}"
    if wait := house.of_account.take(lane):
        raise too_many(wait)
    with house.accounts.open() as store:
        password_hash = store.get_one(User, person.id).password_hash
    if not verify(password_hash, wanted.old):
        raise Problem(403, "wrong_password", "That is not the password until now.")
    house.of_account.forgive(lane)
    if (weak := weakness(wanted.new, person.email)) or wanted.new == wanted.old:
        raise Problem(400, "weak_password", weak or "Choose another than until now.")
    new_hash = hash_password(wanted.new)
    with house.accounts.open() as store:
        user = store.get_one(User, person.id)
        user.password_hash = new_hash
        user.must_change_password = False
        end_sign_ins(store, person.id, but=person.token_hash)
        write_audit(store, person.id, "password_changed", str(person.id))
    house.team_changed(person.id)
    return Response(status_code=204)


@router.delete("", status_code=204)
async def sign_out(request: Request, house: InHouse) -> Response:
    """End this sign-in, and with it every open socket of it."""
    person = person_of(request)
    if person is not None:
        await house.sign_out(person)
    response = Response(status_code=204)
    drop_cookie(response)
    return response


@router.get("/all")
def own_sign_ins(person: SignedIn, house: InHouse) -> Response:
    """Return where one is signed in, the one used last first."""
    rows = house.sign_ins.own(person)
    return answer(
        {
            "data": [
                {
                    "id": public_id_of(row),
                    "created_at": told_moment(row.created_at),
                    "seen_at": told_moment(row.seen_at),
                    "address": row.address or None,
                    "browser": row.browser or None,
                    "way": row.way,
                    "this": row.token_hash == person.token_hash,
                }
                for row in rows
            ]
        }
    )


@router.delete("/all", status_code=204)
def sign_out_everywhere(person: SignedIn, house: InHouse) -> Response:
    """End every sign-in of one's own, with all sockets."""
    house.sign_ins.sign_out_everywhere(person)
    house.look_again(person.id)
    response = Response(status_code=204)
    drop_cookie(response)
    return response


@router.delete("/all/{sign_in_id}", status_code=204)
def end_sign_in(sign_in_id: str, person: SignedIn, house: InHouse) -> Response:
    """End one of one's own sign-ins."""
    if not house.sign_ins.end_one(person, sign_in_id):
        raise Problem(404, "not_found", "There is no such sign-in of yours.")
    house.look_again(person.id)
    return Response(status_code=204)


def _tell(house: House, person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "language": person.language or None,
        "theme": person.theme or None,
        "must_change_password": person.must_change_password,
        "may": sorted(MATRIX[person.role]),
        "sites": tell_sites(house, person),
    }
