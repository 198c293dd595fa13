"""The tables. Times are UTC epoch milliseconds (``_ms``), coordinates WGS-84 degrees, codes text.

``change`` is append-only. Writers take one lock before they write (SQLite: BEGIN IMMEDIATE, PostgreSQL: an advisory
lock), so that ``change.seq`` is the order of commits and a reader of ``seq > last`` never skips a late transaction.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from geodata.domain.events import Mark

Big = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables, with constraint names that Alembic can address."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class SettingRow(Base):
    """A city's own settings: name, time zone, build of the boundaries, approval number …"""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class LevelRow(Base):
    """A level of the hierarchy; depth 0 is the city."""

    __tablename__ = "level"
    depth: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    key: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64))


class AreaRow(Base):
    """An area with its polygon (WKB, WGS-84). An area without ``valid_to`` is in force.

    ``outline`` is the same polygon simplified together with its level, for drawing it as a child of its parent.
    """

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("code", "valid_from"), Index("ix_area_parent_id", "parent_id"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128), default="")
    initials: Mapped[str] = mapped_column(String(64), default="")
    depth: Mapped[int] = mapped_column(SmallInteger)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    kind: Mapped[str] = mapped_column(String(32), default="")
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    west: Mapped[float] = mapped_column(Float)
    south: Mapped[float] = mapped_column(Float)
    east: Mapped[float] = mapped_column(Float)
    north: Mapped[float] = mapped_column(Float)
    area_m2: Mapped[float] = mapped_column(Float)
    valid_from: Mapped[str] = mapped_column(String(10), default="")
    valid_to: Mapped[str | None] = mapped_column(String(10))
    polygon: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    outline: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class ClassRow(Base):
    """A class of the city's event catalogue, in printed order."""

    __tablename__ = "event_class"
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    position: Mapped[int] = mapped_column(Integer)


class SubtypeRow(Base):
    """A subtype of the city's event catalogue, in printed order."""

    __tablename__ = "event_subtype"
    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("event_class.code"))
    name_zh: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    urgency: Mapped[int] = mapped_column(SmallInteger)
    limit_value: Mapped[float] = mapped_column(Float)
    limit_unit: Mapped[str] = mapped_column(String(2))
    position: Mapped[int] = mapped_column(Integer)


TO_REPLY = f"(marks & {Mark.TO_REPLY:d}) != 0"
"""The events whose reporter waits for an answer: few, and found without reading the history."""


class EventRow(Base):
    """The current state of an event. ``rev`` grows by one with each change; ``area_id`` is the deepest area known.

    ``on_time``: NULL = the clock decides, 1 = in time, 0 = overdue, -1 = the source of an import gives no judgement.
    ``marks``: bits of ``events.Mark``, ``traces`` of ``traces.Trace``. ``stage_ms``: when the stage it stands in
    should be over. ``stood_ms``: how long its clock has stood still altogether, ``paused_ms``: since it was first
    dispatched. ``clock_ms``: since when its limit is counted, moved on by how long it stood; NULL: since it was
    reported. ``merged_into``: the event it is a duplicate of. ``since_ms``: when it was
    written as it is; NULL: it came with its past (an import) and has been so since ``state_ms``.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("source_system", "source_id"),
        Index("ix_event_area_reported", "area_id", "reported_ms"),
        Index("ix_event_reported", "reported_ms"),
        Index("ix_event_open", "area_id", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
        Index("ix_event_unit", "unit_id", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
        Index("ix_event_ended", "ended_ms"),
        Index("ix_event_merged_into", "merged_into", sqlite_where=text("merged_into IS NOT NULL"),
              postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_event_deadline", "deadline_ms", "id"),
        Index("ix_event_area_ended", "area_id", "ended_ms"),
        Index("ix_event_area_deadline", "area_id", "deadline_ms"),
        Index("ix_event_to_come", "deadline_ms", "area_id", "state", "on_time", sqlite_where=text("ended_ms IS NULL"),
              postgresql_where=text("ended_ms IS NULL")),
        Index("ix_event_to_reply", "reported_ms", "id", sqlite_where=text(TO_REPLY), postgresql_where=text(TO_REPLY)),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(16))
    source_system: Mapped[str] = mapped_column(String(32))
    source_id: Mapped[str] = mapped_column(String(64))
    subtype_code: Mapped[str] = mapped_column(String(64))
    class_code: Mapped[str] = mapped_column(String(64))
    urgency: Mapped[int] = mapped_column(SmallInteger)
    description: Mapped[str] = mapped_column(Text, default="")
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    on_pile: Mapped[int] = mapped_column(SmallInteger, default=0)
    area_id: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    rev: Mapped[int] = mapped_column(Integer, default=1)
    reported_ms: Mapped[int] = mapped_column(BigInteger)
    state_ms: Mapped[int] = mapped_column(BigInteger)
    dispatched_ms: Mapped[int | None] = mapped_column(BigInteger)
    handled_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    deadline_ms: Mapped[int | None] = mapped_column(BigInteger)
    on_time: Mapped[int | None] = mapped_column(SmallInteger)
    unit_id: Mapped[int | None] = mapped_column(Integer)
    last_seq: Mapped[int] = mapped_column(Big, default=0)
    marks: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    stage_ms: Mapped[int | None] = mapped_column(BigInteger)
    stood_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    merged_into: Mapped[int | None] = mapped_column(Big)
    clock_ms: Mapped[int | None] = mapped_column(BigInteger)
    traces: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    paused_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    since_ms: Mapped[int | None] = mapped_column(BigInteger)


CLOCKS = "kind = 'event' AND action IN ('suspend', 'resume', 'reopen')"
"""The changes that stop a clock, let it go on or begin a new one: few, and found without reading the log."""
REWRITES = "kind IN ('import', 'areas')"
"""The changes that write a past or place it anew: few, and found without reading the log."""


class ChangeRow(Base):
    """The append-only change log. ``kind``: event, unit, positions, import, areas, alert, roster, roads, surge."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_event", "subject_id", "seq", sqlite_where=text("kind = 'event'"),
              postgresql_where=text("kind = 'event'")),
        Index("ix_change_surge", "subject_id", "seq", sqlite_where=text("kind = 'surge'"),
              postgresql_where=text("kind = 'surge'")),
        Index("ix_change_clock", "subject_id", sqlite_where=text(CLOCKS), postgresql_where=text(CLOCKS)),
        Index("ix_change_rewrite", "seq", sqlite_where=text(REWRITES), postgresql_where=text(REWRITES)),
    )  # fmt: skip
    seq: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[int] = mapped_column(Big)
    rev: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(16), default="")
    actor: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(Text, default="")


class IntervalRow(Base):
    """A state that an event has left. ``span`` is ⌈log2 of its length in seconds⌉. ``in_full``: also in ``version``.

    The key makes "what held at t" a few short range scans: per span only intervals that began at most 2^span s before.
    """

    __tablename__ = "interval"
    __table_args__ = ({"sqlite_with_rowid": False},)
    span: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    from_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[int] = mapped_column(Big, primary_key=True)
    rev: Mapped[int] = mapped_column(Integer, primary_key=True)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    area_id: Mapped[int] = mapped_column(Integer)
    in_full: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")


class RollupRow(Base):
    """Counts per area (where ``area_total.rolled``), hour (epoch hours, UTC) and class, for it and all below it.

    By the hour of the report: ``reported``. By the hour of the end: ``ended``, ``closed``, ``on_time``, ``timed``
    (closed with a judgement), ``handling_s``, ``handled``. By the hour of the deadline: ``due``, ``due_closed``,
    ``due_on_time``.
    """

    __tablename__ = "rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    hour: Mapped[int] = mapped_column(Integer, primary_key=True)
    class_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    reported: Mapped[int] = mapped_column(Integer, default=0)
    ended: Mapped[int] = mapped_column(Integer, default=0)
    closed: Mapped[int] = mapped_column(Integer, default=0)
    on_time: Mapped[int] = mapped_column(Integer, default=0)
    timed: Mapped[int] = mapped_column(Integer, default=0)
    due: Mapped[int] = mapped_column(Integer, default=0)
    due_closed: Mapped[int] = mapped_column(Integer, default=0)
    due_on_time: Mapped[int] = mapped_column(Integer, default=0)
    handling_s: Mapped[int] = mapped_column(BigInteger, default=0)
    handled: Mapped[int] = mapped_column(Integer, default=0)


class AreaTotalRow(Base):
    """All-time counts of an area and all below it, for every area: what ``event`` holds, kept by each write.

    ``rolled`` = 1 where the area is large enough to have hourly roll-ups, ``daily`` = 1 where it has daily ones.
    """

    __tablename__ = "area_total"
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rolled: Mapped[int] = mapped_column(SmallInteger, default=0)
    daily: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    reported: Mapped[int] = mapped_column(Integer, default=0)
    ended: Mapped[int] = mapped_column(Integer, default=0)
    closed: Mapped[int] = mapped_column(Integer, default=0)
    closed_on_time: Mapped[int] = mapped_column(Integer, default=0)
    closed_late: Mapped[int] = mapped_column(Integer, default=0)
    forced: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    reopened: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    to_reply: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class AreaMonthRow(Base):
    """Deadlines by month of the city's own calendar (year × 12 + month − 1) of events placed *directly* at an area."""

    __tablename__ = "area_month"
    __table_args__ = ({"sqlite_with_rowid": False},)
    month: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    due: Mapped[int] = mapped_column(Integer, default=0)
    due_closed: Mapped[int] = mapped_column(Integer, default=0)
    due_on_time: Mapped[int] = mapped_column(Integer, default=0)


class UnitRow(Base):
    """A unit and its last fix. A fix exists only while it is signed on. ``moved_seq`` is the change that moved it.

    ``since_ms``: when it was written as it is, its fix aside; NULL: not known. ``stay_ms``, ``stay_fixes``: what it
    walked in its area, and no grid has yet (``domain.stays``).
    """

    __tablename__ = "unit"
    __table_args__ = (Index("ix_unit_moved_seq", "moved_seq"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    call_sign: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    home_area_id: Mapped[int] = mapped_column(Integer)
    skills: Mapped[str] = mapped_column(String(255), default="")
    status: Mapped[str] = mapped_column(String(12))
    status_ms: Mapped[int] = mapped_column(BigInteger)
    rev: Mapped[int] = mapped_column(Integer, default=1)
    lon: Mapped[float | None] = mapped_column(Float)
    lat: Mapped[float | None] = mapped_column(Float)
    fix_ms: Mapped[int | None] = mapped_column(BigInteger)
    received_ms: Mapped[int | None] = mapped_column(BigInteger)
    accuracy_m: Mapped[float | None] = mapped_column(Float)
    speed_ms: Mapped[float | None] = mapped_column(Float)
    battery: Mapped[float | None] = mapped_column(Float)
    area_id: Mapped[int | None] = mapped_column(Integer)
    moved_seq: Mapped[int] = mapped_column(Big, default=0)
    track_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    signed_on_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    since_ms: Mapped[int | None] = mapped_column(BigInteger)
    stay_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    stay_fixes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class TrackRow(Base):
    """A thinned track: one row when the area changed or every few minutes; purged after the configured days."""

    __tablename__ = "track"
    __table_args__ = ({"sqlite_with_rowid": False},)
    unit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    fix_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    area_id: Mapped[int | None] = mapped_column(Integer)


class FeedRow(Base):
    """A feed as seen at the door: when it last spoke, how new its newest record is, how much came and was refused."""

    __tablename__ = "feed"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    received_ms: Mapped[int] = mapped_column(BigInteger)
    newest_ms: Mapped[int | None] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger, default=0)
    quarantined: Mapped[int] = mapped_column(BigInteger, default=0)


class QuarantineRow(Base):
    """A record that could not be taken, whole, with the field, the value and the rule; it can be replayed.

    ``account_id`` is who sent it: a replay never does more than the sender may. 0: the machine itself.
    """

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("feed", "fingerprint"),)
    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    feed: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    received_ms: Mapped[int] = mapped_column(BigInteger)
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    record: Mapped[str] = mapped_column(Text)
    replayed_ms: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


def table(row: type[Base]) -> Table:
    """The Core table of a row class, for bulk writes."""
    assert isinstance(row.__table__, Table)
    return row.__table__
