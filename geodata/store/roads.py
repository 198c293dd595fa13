"""The road graph: kept as one packed row, told of in the change log, so that every process follows."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geodata.domain.roads import RoadNet
from geodata.store import changes
from geodata.store.models_roads import RoadsRow

ONLY = 1
UNIT_DEG = 1e-7
"""Coordinates are kept to the centimetre."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A road graph as it is kept: made before the writing begins, because it takes a second."""

    roads: int
    data: bytes


def put(conn: Connection, net: Packed, *, at_ms: int, actor: str) -> int:
    """Write a road graph in place of the one before; return its revision."""
    rev = changes.append(conn, at_ms=at_ms, kind="roads", subject_id=net.roads, action="imported", actor=actor)
    conn.execute(sa.delete(RoadsRow))
    conn.execute(sa.insert(RoadsRow).values(id=ONLY, rev=rev, net=net.data))
    return rev


def revision(conn: Connection) -> int:
    """The revision of the road graph; 0 where there is none."""
    return int(conn.execute(sa.select(RoadsRow.rev)).scalar() or 0)


def load(conn: Connection) -> RoadNet | None:
    """The road graph, None where there is none."""
    data = conn.execute(sa.select(RoadsRow.net)).scalar()
    return None if data is None else unpacked(data)


def packed(net: RoadNet) -> Packed:
    """Points as steps from one to the next, which zip well."""
    place = np.round(net.point / UNIT_DEG).astype(np.int64)
    step = np.diff(place, axis=0, prepend=np.zeros((1, 2), np.int64)).astype(np.int32)
    out = io.BytesIO()
    np.savez_compressed(
        out, n=np.int64(net.n), ends=net.ends.astype(np.int32), count=np.diff(net.start).astype(np.int32), step=step,
        kmh=net.kmh.astype(np.float32), oneway=net.oneway,
    )  # fmt: skip
    return Packed(len(net), out.getvalue())


def unpacked(data: bytes) -> RoadNet:
    """What the data of ``packed`` stand for."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        point = np.cumsum(held["step"].astype(np.int64), axis=0) * UNIT_DEG
        start = np.concatenate((np.zeros(1, np.int64), np.cumsum(held["count"], dtype=np.int64)))
        return RoadNet(int(held["n"]), held["ends"], start, point, held["kmh"], held["oneway"])
