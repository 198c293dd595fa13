"""Replies to reporters; events that were force-closed, reopened or wait for a reply, counted for each area."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REOPENED = 64
REOPENED_ONES = f"""
    UPDATE event SET marks = marks + {REOPENED} WHERE id IN (
        SELECT subject_id FROM change
        WHERE kind = 'event' AND action IN ('suspend', 'resume', 'reopen') AND action = 'reopen'
    )"""
COUNTED = """
    WITH RECURSIVE up(area_id, n) AS (
        SELECT area_id, COUNT(*) FROM event WHERE {condition} GROUP BY area_id
        UNION ALL
        SELECT area.parent_id, up.n FROM up JOIN area ON area.id = up.area_id WHERE area.parent_id IS NOT NULL
    )
    SELECT area_id, SUM(n) FROM up GROUP BY area_id"""
COUNTS = {"forced": "state = 'forced_closed'", "reopened": f"(marks & {REOPENED}) != 0"}


def upgrade() -> None:
    """Nobody waits for a reply about what ended before there were any."""
    op.create_table(
        "reply",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
    )
    op.create_index("ix_reply_event_id", "reply", ["event_id"])
    to_reply = sa.text("(marks & 32) != 0")
    op.create_index(
        "ix_event_to_reply", "event", ["reported_ms", "id"], sqlite_where=to_reply, postgresql_where=to_reply
    )
    for name in ("forced", "reopened", "to_reply"):
        op.add_column("area_total", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    count_the_past(op.get_bind())


def count_the_past(conn: sa.Connection) -> None:
    """Mark what was opened again, as the change log knows it, and count it and what was force-closed."""
    conn.execute(sa.text(REOPENED_ONES))
    for name, condition in COUNTS.items():
        counted = conn.execute(sa.text(COUNTED.format(condition=condition))).all()
        rows = [{"area": area_id, "n": int(n)} for area_id, n in counted]
        if rows:
            conn.execute(sa.text(f"UPDATE area_total SET {name} = :n WHERE area_id = :area"), rows)
