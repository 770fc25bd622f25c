"""What can go wrong, by what the caller can do about it.

HozirError
├── Unreadable        bytes that are not what they should be: set them aside, go on
├── LogUnavailable    the log cannot be reached now: wait and try again
├── LogFull           the log has reached its bound: refuse, and say when to come back
└── Misconfigured     a setting cannot be used: say which and what would do, then stop
"""

from __future__ import annotations


class HozirError(Exception):
    """Everything that Hozir raises on purpose."""


class Unreadable(HozirError):
    """These bytes are not a message of the contract."""


class LogUnavailable(HozirError):
    """The log cannot be reached now."""


class LogFull(HozirError):
    """The log has reached its bound and nothing in it may be dropped yet."""


class Misconfigured(HozirError):
    """A setting cannot be used. The message is one line for a person."""
