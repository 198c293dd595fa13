"""What an instant of the past reads: the shifts around it from their index alone, the steps of a surge."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index of ends says who is excused; surges have one of their own in the change log."""
    op.drop_index("ix_roster_to_ms", "roster")
    op.create_index("ix_roster_to_ms", "roster", ["to_ms", "leave"])
    surges = sa.text("kind = 'surge'")
    op.create_index(
        "ix_change_surge", "change", ["subject_id", "seq"], sqlite_where=surges, postgresql_where=surges
    )
