"""The store as it was before it had versions: nothing to do."""

revision = "v001"
down_revision = None


def upgrade() -> None:
    """Begin."""
