"""Which passwords may be chosen, and what is kept of them."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
_COMMONEST = """
0123456789 0987654321 1029384756 1111111111 1122334455 1234512345 1234567890 1234567891
12345678910 123456789a 123456789q 1357924680 147258369a 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc
a123456789 a1b2c3d4e5 aa12345678 abc1234567 abcd123456 abcdefghij administrator admin12345
admin123456 asdf123456 asdfghjkl1 asdfghjkl; assalomalaykum baseball123 basketball
changeme123 dashboard1 dragon1234 football123 fuckyou123 google1234 helloworld iloveyou12
iloveyou123 internet123 letmein123 liverpool1 manchester michael123 mustang123 mypassword
parol12345 parolparol pass123456 passw0rd123 password01 password10 password11 password12
password123 password1234 password12345 password123456 passwordpassword p@ssw0rd123
p@ssword123 princess12 q1w2e3r4t5 q1w2e3r4t5y6 q123456789 qazwsxedcrfv qazwsx1234 qwaszx1234
qwerasdfzxcv qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1
samarqand1 spiderman1 starwars123 sunshine12 superman12 supersecret tashkent12 tashkent123
test123456 testtest12 toshkent123 uzbekiston uzbekistan unbelievable welcome123 welcome1234
whatever12 zaq12wsxcde zxcvbnm123 йцукенгшщз йцукен12345 пароль12345 qwertyuiop[] !qaz2wsx#edc
"""
COMMONEST = frozenset(_COMMONEST.split())
"""Of ten letters and more; what is shorter is refused anyway."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe())
_at_once = threading.BoundedSemaphore(4)
"""Each takes 64 MiB and a core for a moment; more at once would only starve the others."""


def weakness(password: str, email: str) -> str:
    """Return why a password may not be chosen; empty if it may."""
    plain = password.strip().casefold()
    if len(password) < SHORTEST:
        return f"At least {SHORTEST} characters."
    if plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "The e-mail is no password."
    if plain in COMMONEST or len(set(plain)) < 4:
        return "Many others have this password; guessers try it first."
    return ""


def hash_password(password: str) -> str:
    """Return what may be stored. Takes tens of milliseconds: never in the event loop."""
    with _at_once:
        return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether a password fits. Nobody's (None) takes as long as somebody's."""
    with _at_once:
        try:
            return _hasher.verify(password_hash or _NOBODY, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(password_hash: str) -> bool:
    """Tell whether it should be hashed anew, harder."""
    return _hasher.check_needs_rehash(password_hash)


def one_time_password() -> str:
    """Return a password to be told once and changed at the first sign-in."""
    return secrets.token_urlsafe(12)
