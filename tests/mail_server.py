"""A mail server for tests: SMTP over a real socket, with as many commands as a mail takes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        self._say("220 here")
        while line := self.rfile.readline():
            match line.split()[0].upper():
                case b"EHLO" | b"HELO":
                    self._say("250 here")
                case b"MAIL" | b"RCPT":
                    self._say("250 ok" if server.takes else "451 later")
                case b"RSET":
                    self._say("250 ok")
                case b"DATA":
                    self._say("354 go on")
                    server.mails.append(self._read())
                    self._say("250 ok")
                case b"QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 not here")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _read(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it is sent in `mails`; refuses while not `takes`."""

    daemon_threads = True
    takes = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []

    @property
    def address(self) -> str:
        """Return it as HOZIR_ALERT_MAIL_SERVER wants it."""
        return f"127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
