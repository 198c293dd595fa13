"""Alerts and who answered them; leases of work that is done once; the changes that stop and start an event's clock."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables and the index."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "alert",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("clock_ms", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("tier_ms", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("handler", sa.SmallInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("event_id", "trigger", "clock_ms", name=op.f("uq_alert_event_id_trigger_clock_ms")),
    )
    standing = sa.text("ended_ms IS NULL")
    op.create_index("ix_alert_standing", "alert", ["event_id"], sqlite_where=standing, postgresql_where=standing)
    op.create_index("ix_alert_raised_ms", "alert", ["raised_ms"])
    op.create_index("ix_alert_ended_ms", "alert", ["ended_ms"])
    clocks = sa.text("kind = 'event' AND action IN ('suspend', 'resume', 'reopen')")
    op.create_index("ix_change_clock", "change", ["subject_id"], sqlite_where=clocks, postgresql_where=clocks)
