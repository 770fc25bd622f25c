"""All settings of sites, what sign-ins and the audit tell, and visitors to be forgotten."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v002"
down_revision = "v001"

AUDIT_STAYS = {
    "sqlite": [
        f"CREATE TRIGGER audit_{word}_refused BEFORE {word} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END"
        for word in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$",
        "CREATE TRIGGER audit_refused BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    ],
}
"""What makes a database refuse to alter the audit."""


def upgrade() -> None:
    """Add columns, filled with what was so far understood."""
    _add("users", "must_change_password", sa.Boolean, sa.false())
    _add("users", "theme", sa.String, "")
    _add("sites", "keys", sa.JSON, "[]")
    _add("sites", "heartbeat_seconds", sa.Integer, "30")
    _add("sites", "retention_days", sa.Integer, "90")
    _add("sites", "consent", sa.String, "none")
    _add("sites", "privacy_notice", sa.String, "")
    _add("sites", "privacy_url", sa.String, "")
    _add("sites", "identity_secret", sa.String, "")
    _add("sites", "chat", sa.JSON, "{}")
    op.add_column("sign_ins", sa.Column("seen_at", sa.DateTime, nullable=True))
    _add("sign_ins", "address", sa.String, "")
    _add("sign_ins", "browser", sa.String, "")
    _add("sign_ins", "way", sa.String, "password")
    _add("audit", "site_key", sa.String, "")
    _add("audit", "address", sa.String, "")
    op.create_table(
        "erasures",
        sa.Column("site_key", sa.String, primary_key=True),
        sa.Column("visitor_id", sa.String, primary_key=True),
        sa.Column("asked_at", sa.DateTime, nullable=False),
    )
    for statement in AUDIT_STAYS.get(op.get_bind().dialect.name, []):
        op.execute(statement)


def _add(table: str, name: str, kind: type[Any], default: str | sa.ColumnElement[Any]) -> None:
    op.add_column(table, sa.Column(name, kind(), nullable=False, server_default=default))
