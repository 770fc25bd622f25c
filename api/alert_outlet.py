"""How an alert leaves the house: a webhook, a mail, or both."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial

import httpx

from api.alert_rules import Kind, Notice
from hozir.contract.errors import HozirError, Misconfigured
from hozir.settings import Settings

SECONDS = 10.0
"""How long the other side may take."""
TITLES: dict[Kind, str] = {"alert": "Alert", "still": "Still so", "well": "Well again"}

Send = Callable[[Notice], None]
"""Tells of a notice. Raises Unsent."""


class Unsent(HozirError):
    """The other side did not take it now."""


def outlets(settings: Settings) -> list[Send]:
    """Return the ways that the settings name; none if they name none. Raises Misconfigured."""
    ways: list[Send] = []
    if settings.alert_webhook:
        ways.append(partial(post, settings.alert_webhook, settings.public_web_url))
    if settings.alert_mail_to:
        host, _, port = settings.alert_mail_server.rpartition(":")
        if not host or not port.isdigit():
            raise Misconfigured(
                f"HOZIR_ALERT_MAIL_SERVER is {settings.alert_mail_server!r}: use host:port."
            )
        ways.append(partial(mail, settings, host.strip("[]"), int(port)))
    return ways


def post(address: str, web: str, notice: Notice) -> None:
    """Post it as JSON; `text` alone is what chat programs show. Raises Unsent."""
    body = {
        "text": _line(notice),
        "kind": notice.kind,
        "subject": notice.subject,
        "detail": notice.text,
        "at": _moment(notice),
        "hozir": web,
    }
    try:
        httpx.post(address, json=body, timeout=SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its text may hold the address, and the address a secret.
        raise Unsent(f"the webhook: {type(error).__name__}") from error


def mail(settings: Settings, host: str, port: int, notice: Notice) -> None:
    """Send it as a mail. Raises Unsent."""
    message = EmailMessage()
    message["Subject"] = f"Hozir: {TITLES[notice.kind]}: {notice.subject}"
    message["From"] = settings.alert_mail_from
    message["To"] = ", ".join(part.strip() for part in settings.alert_mail_to.split(","))
    message.set_content(f"{_line(notice)}\n\n{_moment(notice)}\n{settings.public_web_url}\n")
    try:
        with smtplib.SMTP(host, port, timeout=SECONDS) as server:
            if settings.alert_mail_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.alert_mail_user:
                server.login(settings.alert_mail_user, settings.alert_mail_password)
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise Unsent(f"the mail: {type(error).__name__}: {error}") from error


def _line(notice: Notice) -> str:
    return f"{TITLES[notice.kind]}: {notice.subject}: {notice.text}"


def _moment(notice: Notice) -> str:
    return datetime.fromtimestamp(notice.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
