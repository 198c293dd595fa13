"""The tables of patrol coverage. They hold grids and shifts: no unit, so that nobody's way can be read from them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from geodata.store.models import Base, Big


class WalkRow(Base):
    """A grid as it was walked last: in ``shift_ms`` (the begin of a shift) so long inside and so many fixes.

    ``last_ms``: the newest fix there at any time; ``met_ms``: the begin of the last shift before this one in which its
    rule was met, −1 without any.
    """

    __tablename__ = "walk"
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    shift_ms: Mapped[int] = mapped_column(BigInteger)
    inside_ms: Mapped[int] = mapped_column(BigInteger)
    fixes: Mapped[int] = mapped_column(Integer)
    last_ms: Mapped[int] = mapped_column(BigInteger)
    met_ms: Mapped[int] = mapped_column(BigInteger)


class WalkChangeRow(Base):
    """The grids whose row in ``walk`` a change wrote: their area ids, as whole numbers of 32 bits, little-endian.

    Kept as long as somebody may follow the change log from there.
    """

    __tablename__ = "walk_change"
    seq: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class WalkLogRow(Base):
    """What was written to ``walk`` from a moment up to another, and up to which change (``store.walk_log``).

    ``kind``: a piece of some seconds, a span of half an hour that took the place of its pieces, all grids as a whole.
    """

    __tablename__ = "walk_log"
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    to_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_ms: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class CoverageRow(Base):
    """What was walked of a block of grids in a shift that is over (``store.shift_blocks``)."""

    __tablename__ = "coverage"
    __table_args__ = ({"sqlite_with_rowid": False},)
    shift_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block: Mapped[int] = mapped_column(Integer, primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class CoverageShiftRow(Base):
    """A shift that has begun. ``rev`` grows with what comes late; ``counted``: the one its roll-up is of, −1: none.

    A shift that is missing is one of which nothing is known: the server was off.
    """

    __tablename__ = "coverage_shift"
    shift_ms: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    to_ms: Mapped[int] = mapped_column(BigInteger)
    rev: Mapped[int] = mapped_column(Integer)
    counted: Mapped[int] = mapped_column(Integer)


class CoverageRollupRow(Base):
    """Of a shift that is over: how many grids of an area that has children were due with it, and covered."""

    __tablename__ = "coverage_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)
    area_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    shift_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    due: Mapped[int] = mapped_column(Integer)
    covered: Mapped[int] = mapped_column(Integer)
