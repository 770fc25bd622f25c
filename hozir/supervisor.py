"""`hozir up`: starts the processes, starts again what dies, and stops all of them cleanly."""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx

from hozir.contract.errors import Misconfigured
from hozir.logs import is_json, is_line, line
from hozir.settings import Settings, variable

FIRST_WAIT = 0.5
LONGEST_WAIT = 5.0
"""A process that cannot start costs a quarter of a core at this pace; a screen that stays dark for
half a minute costs trust."""
STEADY_SECONDS = 30.0
"""A process that ran so long starts again at once, should it die."""
STOP_SECONDS = 20.0
READY_SECONDS = 90.0


def process_names(settings: Settings) -> list[str]:
    """Return the processes in the order in which they stop: who takes in stops first."""
    return ["ingest", *(["forward"] if settings.on_kafka else []), "pipeline", "web"]


def process_ports(settings: Settings) -> dict[str, int]:
    """Return the port that each process answers on; those that answer on none are left out."""
    every = {name: int(getattr(settings, f"{name}_port")) for name in process_names(settings)}
    return {name: port for name, port in every.items() if port}


@dataclass
class Child:
    """One supervised process."""

    name: str
    environ: dict[str, str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    wait: float = FIRST_WAIT
    restart_at: float = 0.0
    printer: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it. Its output goes to ours, each line under its name."""
        self.process = subprocess.Popen(
            # Without the folder that one happens to stand in: it may hold an api.py of its own.
            [sys.executable, "-P", "-m", "hozir.cli", self.name],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is ours alone: we stop them in their order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self.started_at = time.monotonic()
        assert self.process.stdout is not None
        self.printer = threading.Thread(
            target=_print_lines, args=(self.name, self.process.stdout), daemon=True
        )
        self.printer.start()

    def tend(self, now: float) -> None:
        """Start it again if it has died and its time has come."""
        if self.process is None:
            if now >= self.restart_at:
                self.start()
        elif self.process.poll() is not None:
            if now - self.started_at >= STEADY_SECONDS:
                self.wait = FIRST_WAIT
            say(f"{self.name} ended with {self.process.returncode}; again in {self.wait:g} s")
            self.process = None
            self.restart_at = now + self.wait
            self.wait = min(LONGEST_WAIT, self.wait * 2)

    def stop(self) -> None:
        """Ask it to end; make it end if it does not."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"{self.name} did not stop within {STOP_SECONDS:g} s and was killed")
            self.process.kill()
            self.process.wait()
        if self.printer is not None:
            self.printer.join(2)


def supervise(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM. Raises Misconfigured with a line for a person."""
    lock = own(settings.data)
    ports = process_ports(settings)
    for name, port in ports.items():
        _check_port(name, port)
    environ = os.environ | {"HOZIR_DATA": str(settings.data.resolve()), "PYTHONUNBUFFERED": "1"}
    password = _first_password(settings)
    children = [
        Child(name, environ | ({"HOZIR_ADMIN_PASSWORD": password} if name == "web" else {}))
        for name in process_names(settings)
    ]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    greeter = threading.Thread(target=_greet, args=(settings, password, stop), daemon=True)
    greeter.start()
    while not stop.is_set():
        for child in children:
            child.tend(time.monotonic())
        stop.wait(0.1)
    say("stopping")
    for child in children:
        child.stop()
    say("stopped; nothing is lost")
    lock.close()
    return 0


def _greet(settings: Settings, password: str, stop: threading.Event) -> None:
    """Say where everything is, once it answers."""
    deadline = time.monotonic() + READY_SECONDS
    hosts = {"ingest": settings.ingest_host, "web": settings.web_host}
    pages = {
        name: f"http://{_reachable(hosts.get(name, settings.watch_host))}:{port}/healthz"
        for name, port in process_ports(settings).items()
    }
    while late := {name: why for name, url in pages.items() if (why := _not_ready(url))}:
        if stop.wait(0.2):
            return
        if time.monotonic() > deadline:
            told = ", ".join(f"{name} ({why})" for name, why in late.items())
            say(f"not ready after {READY_SECONDS:g} s: {told}; the lines above may say more")
            deadline = float("inf")
    lines = [
        "Hozir is up.",
        f"  dashboard  {settings.public_web_url}",
        f"  demo site  {settings.public_ingest_url}/demo/",
        f"  script     {settings.public_ingest_url}/h.js",
    ]
    lines += _first_sign_in(settings, password)
    if is_json():
        say("\n".join(lines))
    else:
        print("\n" + "\n".join(lines) + "\n\nCtrl-C stops everything.\n", flush=True)


def _first_sign_in(settings: Settings, password: str) -> list[str]:
    """Tell how to sign in for the first time. What is printed is kept by whoever runs us, so a
    password that somebody has chosen is not repeated; a new one must be told, once."""
    if not password:
        return []
    if settings.admin_password:
        return [f"  sign in as {settings.admin_email} with the password of HOZIR_ADMIN_PASSWORD"]
    return [
        f"  sign in as {settings.admin_email} with password {password}",
        "  (shown once; keep it)",
    ]


def _first_password(settings: Settings) -> str:
    """Return the password of the admin to be made; empty when there is an admin already."""
    if (settings.data / "accounts.db").exists():
        return ""
    return settings.admin_password or secrets.token_urlsafe(12)


def own(data: Path) -> IO[str]:
    """Take the data folder for this process alone, until what is returned is closed.

    Raises Misconfigured if it cannot be written, or another has it.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "up.lock").open("w")
    except OSError as error:
        raise Misconfigured(
            f"the data folder {data} cannot be written ({error.strerror}):"
            " set HOZIR_DATA to a folder that can."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Misconfigured(
            f"another `hozir up` runs over {data}: stop it, or set HOZIR_DATA to another folder."
        ) from None
    return lock


def _check_port(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Misconfigured(
                f"port {port} of {name} is taken: stop what uses it, or set"
                f" {variable(f'{name}_port')} to another."
            ) from None


def _reachable(host: str) -> str:
    """Return where what listens on an address is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)


def _not_ready(url: str) -> str:
    """Return why a process is not ready, as its page says; empty if it is."""
    try:
        answer = httpx.get(url, timeout=2)
        return "" if answer.status_code == 200 else str(answer.json()["reason"])
    except (httpx.HTTPError, ValueError, KeyError):
        return "no answer"


def _print_lines(name: str, stream: IO[str]) -> None:
    for text in stream:
        if not is_json():
            print(f"{name:>8} | {text}", end="", flush=True)
        elif is_line(text):
            print(text, end="", flush=True)
        else:  # what comes from below Python
            print(line(name, text.rstrip("\n")), flush=True)


def say(text: str) -> None:
    """Print a line of the supervisor's own."""
    print(
        line("hozir", text, logger="supervisor") if is_json() else f"   hozir | {text}", flush=True
    )


def _die_with_parent() -> None:
    """Linux: end a child whose supervisor was killed, so that it holds no port for ever."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
