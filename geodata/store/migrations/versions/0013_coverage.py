"""Patrol coverage: grids as they were walked last, shift by shift, and the roll-up of each shift."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "walk",
        sa.Column("area_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift_ms", sa.BigInteger(), nullable=False),
        sa.Column("inside_ms", sa.BigInteger(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("met_ms", sa.BigInteger(), nullable=False),
        sa.Column("walked_seq", big, nullable=False),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_walk")),
    )
    op.create_index("ix_walk_walked_seq", "walk", ["walked_seq"])
    op.create_table(
        "coverage",
        sa.Column("shift_ms", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("shift_ms", "block", name=op.f("pk_coverage")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "coverage_shift",
        sa.Column("shift_ms", big, autoincrement=False, nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shift_ms", name=op.f("pk_coverage_shift")),
    )
    op.create_table(
        "coverage_rollup",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("shift_ms", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("area_id", "shift_ms", name=op.f("pk_coverage_rollup")),
        sqlite_with_rowid=False,
    )
