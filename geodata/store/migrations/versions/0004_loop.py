"""The closed loop: tasks of units, extensions, suspensions, supervision, placards; what events carry of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOT_ENDED = sa.text("ended_ms IS NULL")
MERGED = sa.text("merged_into IS NOT NULL")


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG, autoincrement=False, nullable=False)


def _event() -> sa.Column[int]:
    return sa.Column("event_id", BIG, nullable=False)


def _ms(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _login(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=False)


def upgrade() -> None:
    """Events that are at work now get no task of their own: their unit is their leading one until it acts."""
    op.add_column("event", sa.Column("marks", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("event", _ms("stage_ms", nullable=True))
    op.add_column("event", sa.Column("stood_ms", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("event", sa.Column("merged_into", BIG, nullable=True))
    op.add_column("event", _ms("clock_ms", nullable=True))
    op.create_index(
        "ix_event_merged_into", "event", ["merged_into"], sqlite_where=MERGED, postgresql_where=MERGED
    )
    op.create_table(
        "task", _id(), _event(), sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("lead", sa.SmallInteger(), nullable=False), _ms("sent_ms"), _ms("accepted_ms", nullable=True),
        _ms("arrived_ms", nullable=True), _ms("ended_ms", nullable=True),
        sa.Column("ended", sa.String(length=10), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )  # fmt: skip
    op.create_index("ix_task_event_id", "task", ["event_id"])
    op.create_index("ix_task_open", "task", ["unit_id"], sqlite_where=NOT_ENDED, postgresql_where=NOT_ENDED)
    op.create_table(
        "extension", _id(), _event(), _ms("asked_ms"), _login("asked_by"),
        sa.Column("reason", sa.Text(), nullable=False), _ms("until_ms"), _ms("decided_ms", nullable=True),
        _login("decided_by"), sa.Column("granted", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )  # fmt: skip
    op.create_index("ix_extension_event_id", "extension", ["event_id"])
    op.create_table(
        "suspension", _id(), _event(), _ms("from_ms"), _login("by"), sa.Column("reason", sa.Text(), nullable=False),
        _ms("review_ms"), _ms("ended_ms", nullable=True), sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension")),
    )  # fmt: skip
    op.create_index("ix_suspension_event_id", "suspension", ["event_id"])
    op.create_table(
        "supervision", _id(), _event(), sa.Column("kind", sa.String(length=12), nullable=False), _ms("issued_ms"),
        _login("issued_by"), sa.Column("reason", sa.Text(), nullable=False), _ms("due_ms"),
        _ms("answered_ms", nullable=True), _login("answered_by"), sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision")),
    )  # fmt: skip
    op.create_index("ix_supervision_event_id", "supervision", ["event_id"])
    op.create_table(
        "placard", _id(), sa.Column("number", sa.String(length=32), nullable=False), _event(),
        sa.Column("level", sa.String(length=12), nullable=False), _login("accountable"),
        sa.Column("reason", sa.Text(), nullable=False), _ms("issued_ms"), _login("issued_by"),
        sa.Column("issuer_id", sa.Integer(), nullable=False), _ms("due_ms"), _ms("lifted_ms", nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_placard")),
        sa.UniqueConstraint("number", name=op.f("uq_placard_number")),
    )  # fmt: skip
    op.create_index("ix_placard_event_id", "placard", ["event_id"])
    op.create_table(
        "placard_progress", _id(), sa.Column("placard_id", BIG, nullable=False), _ms("at_ms"), _login("by"),
        sa.Column("text", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f("pk_placard_progress")),
    )  # fmt: skip
    op.create_index("ix_placard_progress_placard_id", "placard_progress", ["placard_id"])
