"""The shifts that touch a span are read from their index alone."""

from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index of ends says who is excused."""
    op.drop_index("ix_roster_to_ms", "roster")
    op.create_index("ix_roster_to_ms", "roster", ["to_ms", "leave"])
