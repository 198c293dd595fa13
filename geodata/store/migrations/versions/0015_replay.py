"""What events and units were, as it was known then: whole versions that they have left."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables of left versions, and say of what is now since when it is so."""
    op.add_column("event", sa.Column("since_ms", sa.BigInteger(), nullable=True))
    op.add_column("unit", sa.Column("since_ms", sa.BigInteger(), nullable=True))
    op.add_column("interval", sa.Column("in_full", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_table(
        "version",
        sa.Column("span", sa.SmallInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("state_ms", sa.BigInteger(), nullable=False),
        sa.Column("dispatched_ms", sa.BigInteger(), nullable=True),
        sa.Column("handled_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("deadline_ms", sa.BigInteger(), nullable=True),
        sa.Column("on_time", sa.SmallInteger(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("marks", sa.SmallInteger(), nullable=False),
        sa.Column("stage_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_ms", sa.BigInteger(), nullable=True),
        sa.Column("paused_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("span", "from_ms", "event_id", "rev", name=op.f("pk_version")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit_version",
        sa.Column("span", sa.SmallInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("status_ms", sa.BigInteger(), nullable=False),
        sa.Column("signed_on_ms", sa.BigInteger(), nullable=False),
        sa.Column("home_area_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("span", "from_ms", "unit_id", "rev", name=op.f("pk_unit_version")),
        sqlite_with_rowid=False,
    )
    kinds = "kind IN ('import', 'areas')"
    op.create_index("ix_change_rewrite", "change", ["seq"], sqlite_where=sa.text(kinds),
                    postgresql_where=sa.text(kinds))  # fmt: skip
