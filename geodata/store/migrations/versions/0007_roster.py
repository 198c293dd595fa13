"""The roster of the units; and cases by their deadline, for the lists behind a month's figures."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the roster, and the index by which a month's cases are read without the rest of the history."""
    op.create_table(
        "roster",
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("leave", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "from_ms", name=op.f("pk_roster")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_roster_to_ms", "roster", ["to_ms"])
    op.create_index("ix_event_deadline", "event", ["deadline_ms", "id"])
