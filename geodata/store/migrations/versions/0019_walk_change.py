"""Which grids a change wrote: a row of the change instead of an index over all grids."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table begins empty: whoever follows begins with all grids as they are."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "walk_change",
        sa.Column("seq", big, autoincrement=False, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_walk_change")),
    )
    op.drop_index("ix_walk_walked_seq", "walk")
    op.drop_column("walk", "walked_seq")
