"""Every setting, once: its environment variable, default, unit and meaning.

`docs/settings.md` is written from this file, and a test holds it to it.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hozir.contract.errors import Misconfigured


def setting(default: Any, meaning: str, unit: str = "") -> Any:
    """Declare a setting. Its variable is `HOZIR_` and its name in capitals."""
    return field(default=default, metadata={"meaning": meaning, "unit": unit})


@dataclass(frozen=True)
class Settings:
    """The settings of all processes."""

    data: Path = setting(Path("data"), "Folder for everything that Hozir keeps.")
    bus: str = setting(
        "embedded",
        "`embedded` keeps the log in SQLite files in the data folder; "
        "`kafka://host:port[,host:port]` keeps it in Kafka.",
    )
    kafka_replication: int = setting(
        1, "Replicas of each Kafka topic that Hozir creates; 3 survives a lost broker."
    )
    ingest_host: str = setting("127.0.0.1", "Address that ingest listens on.")
    ingest_port: int = setting(8000, "Port of ingest, which browsers reach.")
    ingest_url: str = setting(
        "",
        "Public address of ingest, as written into the script tag; "
        "empty: `http://localhost:` and the ingest port.",
    )
    web_host: str = setting("127.0.0.1", "Address that web listens on.")
    web_port: int = setting(8001, "Port of web: dashboards, REST and WebSocket.")
    web_url: str = setting(
        "", "Public address of web; empty: `http://localhost:` and the web port."
    )
    web_internal_url: str = setting(
        "",
        "Where ingest reaches web, for what was said in a conversation before; "
        "empty: `http://127.0.0.1:` and the web port.",
    )
    accounts: str = setting(
        "",
        "SQLAlchemy URL of the store of accounts, sites and audit, as "
        "`postgresql+psycopg://user:password@host/name`; empty: SQLite in the data folder.",
    )
    admin_email: str = setting("admin@localhost", "Sign-in of the first admin.")
    admin_password: str = setting(
        "", "Password of the first admin; empty: one is made and printed on the first run."
    )
    trusted_proxies: str = setting(
        "127.0.0.0/8,::1/128",
        "Networks, joined by commas, whose `X-Forwarded-For` is believed.",
    )
    geo_database: str = setting(
        "", "Path of a City mmdb (GeoLite2, DB-IP Lite); empty: the one that comes along."
    )
    fsync: bool = setting(
        True,
        "Whether the log waits for the disk before it acknowledges. Off survives a killed "
        "process, not a power cut.",
    )
    log_days: float = setting(
        3.0, "How long the embedded log keeps what every reader has read.", "days"
    )
    log_bytes: int = setting(
        1024**3,
        "Bound of each file of the embedded log. Above it, what every reader has read goes "
        "first; then ingest answers 503.",
        "bytes",
    )
    visitor_rate: float = setting(
        5.0, "Beacons that one visitor may send, on average; 0 lifts the limit.", "per second"
    )
    visitor_burst: int = setting(50, "Beacons that one visitor may send at once.")
    address_rate: float = setting(
        50.0,
        "Beacons that one IP address may send, on average; offices share one; 0 lifts the limit.",
        "per second",
    )
    address_burst: int = setting(500, "Beacons that one IP address may send at once.")
    site_rate: float = setting(
        1_500.0,
        "Beacons that the pages of one site may send, on average, from however many addresses, so "
        "that a flood of one leaves room for the others. Some 20,000 visitors at once send as "
        "many, which is what two cores keep up with; 0 lifts the limit.",
        "per second",
    )
    site_burst: int = setting(5_000, "Beacons that the pages of one site may send at once.")
    request_seconds: float = setting(
        30.0,
        "Within which a request has to reach ingest or web whole; then its connection is closed. "
        "64 KiB on a bad line take ten.",
        "seconds",
    )
    downlink_most: int = setting(
        20_000,
        "Open pages that ingest keeps a socket to; others send heartbeats alone. "
        "Each takes a file descriptor and some 20 KB.",
        "sockets",
    )
    pipeline_partitions: str = setting(
        "",
        "Partitions that this pipeline process reads, joined by commas; empty: all. "
        "Several processes share the work so, each with its own data folder.",
    )
    epoch_seconds: float = setting(2.0, "How often the pipeline writes its state.", "seconds")
    sign_in_days: float = setting(30.0, "How long a sign-in lasts.", "days")
    oidc_issuer: str = setting(
        "",
        "Address of an OpenID Connect provider by which people may sign in too, as "
        "`https://accounts.example`; empty: passwords only.",
    )
    oidc_client_id: str = setting("", "What the provider knows Hozir by.")
    oidc_client_secret: str = setting("", "By which Hozir proves itself to the provider.")
    oidc_name: str = setting("", "Name of the provider on the button; empty: its host.")
    api_rate: int = setting(
        120, "Requests that programs may make of the API for one site; 0 lifts it.", "per minute"
    )
    screen_rate: int = setting(
        1200, "Requests that the screens of one sign-in may make; 0 lifts it.", "per minute"
    )
    snapshot_limit: int = setting(
        5000, "Visitors in one snapshot of the live socket; the rest comes by pages.", "visitors"
    )
    report_seconds: float = setting(
        30.0, "How long a report may take before it is refused.", "seconds"
    )
    sql_seconds: float = setting(
        30.0, "How long an analyst's statement may take, its rows read included.", "seconds"
    )
    sql_rows: int = setting(1_000_000, "Rows that a statement may return.", "rows")
    sql_at_once: int = setting(
        2, "Statements that run at once; others wait for their turn.", "statements"
    )
    sql_memory: int = setting(
        0,
        "Memory that the warehouse may use, statements included; what needs more goes to the "
        "disk, up to twice as much. A statement by which the process grows further is ended. "
        "0: half of the machine's, and the disk as it is.",
        "bytes",
    )
    snapshot_folder: str = setting(
        "", "Folder that snapshots are written into; empty: `snapshots` in the data folder."
    )
    snapshot_hours: float = setting(
        0.0, "How often a snapshot is made; 0: only when asked for.", "hours"
    )
    snapshot_keep: int = setting(
        7,
        "Snapshots that stay; whenever one is made by the clock, older ones are removed. "
        "0 keeps all.",
        "snapshots",
    )
    deleted_days: int = setting(
        7,
        "How long what is past a site's retention is put away, unseen, before it goes for good; a "
        "longer retention brings it back until then. 0: it goes at once.",
        "days",
    )
    daily_folder: str = setting(
        "",
        "Folder that each day is written into as Parquet, after its midnight by each site's own "
        "clock; empty: none.",
    )
    pipeline_port: int = setting(8002, "Port of the pipeline's `/healthz` and `/metrics`; 0: none.")
    forward_port: int = setting(8003, "Port of forward's `/healthz` and `/metrics`; 0: none.")
    watch_host: str = setting(
        "127.0.0.1", "Address that pipeline and forward listen on, for these two pages alone."
    )
    alert_webhook: str = setting(
        "", "Address that alerts are posted to, as JSON with a line in `text`; empty: none."
    )
    alert_mail_to: str = setting(
        "", "Mail addresses, joined by commas, that alerts are sent to; empty: none."
    )
    alert_mail_from: str = setting("hozir@localhost", "Sender of these mails.")
    alert_mail_server: str = setting("localhost:25", "Host and port of the mail server.")
    alert_mail_user: str = setting("", "Sign-in at the mail server; empty: none is tried.")
    alert_mail_password: str = setting("", "Password at the mail server.")
    alert_mail_starttls: bool = setting(
        False, "Whether the mail server must prove itself, and the mail is sent encrypted."
    )
    alert_after: float = setting(
        120.0,
        "How long a limit must be passed before it is told, and kept before it is told to be well.",
        "seconds",
    )
    alert_again_hours: float = setting(
        12.0, "How often it is told again that a limit is still passed.", "hours"
    )
    alert_lag_seconds: float = setting(
        30.0, "How far screens and tables may be behind without an alert.", "seconds"
    )
    alert_disk_bytes: int = setting(
        1024**3, "Free space of the data folder below which there is an alert.", "bytes"
    )
    alert_dead_letters: int = setting(
        0, "Records that may be set aside within an hour without an alert.", "records"
    )
    alert_watch: str = setting(
        "",
        "`/healthz` of each process that web watches, for alerts and the page Health, joined by "
        "commas; empty: those of `hozir up` on this machine.",
    )
    log_format: str = setting(
        "text", "`text`: lines for a person. `json`: one object a line for a program."
    )
    metrics_open: bool = setting(False, "Whether `/metrics` answers others than this very machine.")

    @property
    def public_ingest_url(self) -> str:
        """Address of ingest as browsers know it, without a slash at the end."""
        return (self.ingest_url or f"http://localhost:{self.ingest_port}").rstrip("/")

    @property
    def public_web_url(self) -> str:
        """Address of web as browsers know it, without a slash at the end."""
        return (self.web_url or f"http://localhost:{self.web_port}").rstrip("/")

    @property
    def internal_web_url(self) -> str:
        """Address of web as ingest knows it, without a slash at the end."""
        return (self.web_internal_url or f"http://127.0.0.1:{self.web_port}").rstrip("/")

    @property
    def accounts_url(self) -> str:
        """SQLAlchemy URL of the store of accounts."""
        return self.accounts or f"sqlite:///{self.data / 'accounts.db'}"

    @property
    def kafka_servers(self) -> list[str]:
        """`host:port` of each broker; empty on the embedded log."""
        return self.bus.removeprefix("kafka://").split(",") if self.on_kafka else []

    @property
    def on_kafka(self) -> bool:
        """True when the log is Kafka's."""
        return self.bus.startswith("kafka://")


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"HOZIR_{name.upper()}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment. Raises Misconfigured with a line for a person."""
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for item in dataclasses.fields(Settings):
        text = source.get(variable(item.name))
        if text is not None:
            values[item.name] = _read(item.name, item.default, text.strip())
    settings = Settings(**values)
    if settings.bus != "embedded" and not settings.on_kafka:
        raise Misconfigured(
            f"HOZIR_BUS is {settings.bus!r}: use 'embedded' or 'kafka://host:port'."
        )
    if settings.log_format not in ("text", "json"):
        raise Misconfigured(f"HOZIR_LOG_FORMAT is {settings.log_format!r}: use 'text' or 'json'.")
    return settings


_SWITCH = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


def _read(name: str, default: Any, text: str) -> Any:
    try:
        return _SWITCH[text.lower()] if isinstance(default, bool) else type(default)(text)
    except (ValueError, KeyError):
        wanted = "yes or no" if isinstance(default, bool) else f"a {type(default).__name__}"
        raise Misconfigured(f"{variable(name)} is {text!r}: it must be {wanted}.") from None
