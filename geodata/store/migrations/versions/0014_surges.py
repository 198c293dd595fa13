"""Surges: what was found to be more than usual, and what people made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "surge",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("class_code", sa.String(length=64), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_id", BIG, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("peak_n", sa.Integer(), nullable=False),
        sa.Column("peak_expected", sa.Float(), nullable=False),
        sa.Column("peak_p", sa.Float(), nullable=False),
        sa.Column("peak_to_ms", sa.BigInteger(), nullable=False),
        sa.Column("peak_last_id", BIG, nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("into_id", BIG, nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("judged_ms", sa.BigInteger(), nullable=True),
        sa.Column("judged_by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surge")),
    )
    standing = sa.text("ended_ms IS NULL")
    op.create_index("ix_surge_standing", "surge", ["area_id"], sqlite_where=standing, postgresql_where=standing)
    op.create_index("ix_surge_began_ms", "surge", ["began_ms"])
