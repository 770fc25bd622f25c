"""Signing in by an OpenID Connect provider: authorization code with PKCE, state and nonce.

What a try needs to be finished travels in a signed cookie of the browser that began it, so nothing
is kept here, and nobody else's browser can finish it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hozir.contract.errors import Misconfigured
from hozir.settings import Settings

_Shape = TypeVar("_Shape")
CALLBACK = "/api/v1/oidc/callback"
TRY_SECONDS = 600
"""How long somebody may take at the provider."""
TIMEOUT_SECONDS = 5.0
KEEP_SECONDS = 3_600.0
"""How long the provider's own description is believed."""
KEYS_EVERY_SECONDS = 60.0
"""How often a key that is not known may make us ask for the keys again."""
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""By the provider's key alone; never by a secret that both know, never none."""


class ProviderAway(Exception):
    """The provider does not answer, or not as the standard says."""


class NotBelieved(Exception):
    """What came back proves nothing."""


class Try(msgspec.Struct, frozen=True):
    """One attempt to sign in, in the cookie of the browser that began it."""

    state: str
    nonce: str
    verifier: str
    next: str
    until: float


class _Provider(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class _Claims(msgspec.Struct, frozen=True):
    nonce: str = ""
    email: str = ""
    email_verified: bool = False
    azp: str = ""


def oidc_of(settings: Settings) -> Oidc | None:
    """Return the provider that is set, if any. Raises Misconfigured."""
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id:
        raise Misconfigured("HOZIR_OIDC_ISSUER is set, and HOZIR_OIDC_CLIENT_ID is missing.")
    issuer = urlsplit(settings.oidc_issuer)
    if issuer.scheme != "https" and issuer.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Misconfigured("HOZIR_OIDC_ISSUER must begin with https://.")
    return Oidc(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name or issuer.netloc,
        callback=settings.public_web_url + CALLBACK,
    )


class Oidc:
    """One provider. Safe to use from several threads; all but `begin`'s cookie may wait."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, name: str, callback: str
    ) -> None:
        self.name = name
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._callback = callback
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._provider: tuple[float, _Provider] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, next_path: str) -> tuple[str, str]:
        """Return where to send the browser, and the cookie to give it. Raises ProviderAway."""
        attempt = Try(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=next_path,
            until=time.time() + TRY_SECONDS,
        )
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = self._described().authorization_endpoint
        joint = "&" if "?" in endpoint else "?"
        return f"{endpoint}{joint}{urlencode(query)}", self._signed(attempt)

    def read_try(self, cookie: str) -> Try:
        """Return the try of a cookie. Raises NotBelieved."""
        payload, _, signature = cookie.partition(".")
        if not hmac.compare_digest(self._signature(payload).encode(), signature.encode()):
            raise NotBelieved("the cookie is none of ours")
        attempt = msgspec.json.decode(base64.urlsafe_b64decode(payload), type=Try)
        if attempt.until < time.time():
            raise NotBelieved("it took too long")
        return attempt

    def finish(self, attempt: Try, code: str) -> str:
        """Return the e-mail that the provider vouches for. Raises NotBelieved, ProviderAway."""
        claims = self._claims(self._id_token(attempt, code))
        if not hmac.compare_digest(claims.nonce.encode(), attempt.nonce.encode()):
            raise NotBelieved("the token is of another try")
        if claims.azp and claims.azp != self._client_id:
            raise NotBelieved("the token was given to another program")
        if not claims.email or not claims.email_verified:
            raise NotBelieved("the e-mail is not verified")
        return claims.email

    def _id_token(self, attempt: Try, code: str) -> str:
        provider = self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": attempt.verifier,
        }
        auth: tuple[str, str] | None = None
        if "client_secret_basic" in provider.token_endpoint_auth_methods_supported:
            auth = (self._client_id, self._client_secret)
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        try:
            answer = httpx.post(
                provider.token_endpoint, data=form, auth=auth, timeout=TIMEOUT_SECONDS
            )
        except httpx.HTTPError as error:
            raise ProviderAway(str(error)) from error
        if answer.status_code >= 500:
            raise ProviderAway(f"the provider answered {answer.status_code}")
        if not answer.is_success:
            raise NotBelieved(f"the provider refused the code with {answer.status_code}")
        return _read(answer, _Tokens).id_token

    def _claims(self, token: str) -> _Claims:
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._described().issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            try:
                decoded = jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                # The provider may have changed its keys since we read them.
                decoded = jwt.decode(token, self._key_set(anew=True), algorithms=ALGORITHMS)
            rules.validate(decoded.claims)
            return msgspec.convert(decoded.claims, _Claims)
        except (JoseError, ValueError, TypeError) as error:
            raise NotBelieved(f"the token cannot be believed: {error}") from error

    def _described(self) -> _Provider:
        with self._lock:
            if self._provider and time.monotonic() - self._provider[0] < KEEP_SECONDS:
                return self._provider[1]
            base = self._issuer.rstrip("/")
            found = _read(_get(f"{base}/.well-known/openid-configuration"), _Provider)
            if found.issuer.rstrip("/") != base:
                raise ProviderAway("the provider calls itself by another name")
            self._provider = (time.monotonic(), found)
            return found

    def _key_set(self, *, anew: bool = False) -> KeySet:
        address = self._described().jwks_uri
        with self._lock:
            if self._keys:
                age = time.monotonic() - self._keys[0]
                if age < (KEYS_EVERY_SECONDS if anew else KEEP_SECONDS):
                    return self._keys[1]
            told = _read(_get(address), dict[str, Any])
            try:
                keys = KeySet.import_key_set(told)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderAway(f"the provider's keys cannot be read: {error}") from error
            self._keys = (time.monotonic(), keys)
            return keys

    def _signed(self, attempt: Try) -> str:
        payload = base64.urlsafe_b64encode(msgspec.json.encode(attempt)).decode()
        return f"{payload}.{self._signature(payload)}"

    def _signature(self, payload: str) -> str:
        return hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()


def _get(address: str) -> httpx.Response:
    try:
        answer = httpx.get(address, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        raise ProviderAway(str(error)) from error
    if not answer.is_success:
        raise ProviderAway(f"the provider answered {answer.status_code}")
    return answer


def _read(answer: httpx.Response, kind: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError as error:
        raise ProviderAway(f"the provider's answer cannot be read: {error}") from error
