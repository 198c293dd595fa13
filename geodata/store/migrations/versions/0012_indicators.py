"""What indicators are counted from: traces of events, pauses since their dispatch, roll-ups by local day."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REPORT = ("reported", "registered", "proactive", "dispatched", "sent_right", "repeated")
LOCAL = tuple(f"local_{k}" for k in range(1, 6))
END = ("closed", "handled", "checked", "reworked", "asked", "answered", "levelled", *LOCAL)
SPREAD = tuple(f"took_{k:02}" for k in range(64))
DEADLINE = ("due", "due_closed", "due_on_time", "due_late")
COUNTS = (*REPORT, *END, *SPREAD, *DEADLINE)
BEYOND = "'to_dispatch', 'dispatched', 'handling', 'handled', 'to_check', 'to_close', 'returned', 'suspended'"
LEFT = "id IN (SELECT event_id FROM interval WHERE state IN ({states}))"
DID = "id IN (SELECT subject_id FROM change WHERE kind = 'event' AND action = '{action}')"
TRACES = {
    1: f"(state IN ({BEYOND}, 'closed') OR dispatched_ms IS NOT NULL OR {LEFT.format(states=BEYOND)})",
    2: DID.format(action="confirm_return"),
    4: f"({LEFT.format(states=chr(39) + 'to_close' + chr(39))} OR {DID.format(action='check')} OR (marks & 8) != 0)",
    16: "id IN (SELECT event_id FROM reply)",
}
PAUSED = """
    UPDATE event SET paused_ms = (
        SELECT COALESCE(SUM(s.ended_ms - s.from_ms), 0) FROM suspension s
        WHERE s.event_id = event.id AND s.ended_ms IS NOT NULL AND s.from_ms >= event.dispatched_ms
    ) WHERE dispatched_ms IS NOT NULL AND stood_ms > 0"""


def upgrade() -> None:
    """The counts themselves are made anew when the city is opened next: ``settings.RECOUNT`` asks for it."""
    op.add_column("event", sa.Column("traces", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("event", sa.Column("paused_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("area_total", sa.Column("daily", sa.SmallInteger(), nullable=False, server_default="0"))
    op.create_index("ix_event_area_ended", "event", ["area_id", "ended_ms"])
    op.create_index("ix_event_area_deadline", "event", ["area_id", "deadline_ms"])
    running = sa.text("ended_ms IS NULL")
    op.create_index(
        "ix_event_to_come", "event", ["deadline_ms", "area_id", "state", "on_time"],
        sqlite_where=running, postgresql_where=running,
    )
    op.create_table(
        "rollup_day",
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_code", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in COUNTS),
        sa.Column("handling_s", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("area_id", "day", "class_code", "source", name=op.f("pk_rollup_day")),
        sqlite_with_rowid=False,
    )
    trace_the_past(op.get_bind())


def trace_the_past(conn: sa.Connection) -> None:
    """What the states that events have left, the change log and the replies know of their past."""
    for bit, condition in TRACES.items():
        conn.execute(sa.text(f"UPDATE event SET traces = traces + {bit} WHERE (traces & {bit}) = 0 AND {condition}"))
    conn.execute(sa.text(PAUSED))
    if conn.execute(sa.text("SELECT id FROM event LIMIT 1")).first():
        conn.execute(sa.text("INSERT INTO setting (key, value) VALUES ('recount', '1')"))
