"""What a unit walked in its area and no grid has yet."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns of units: whoever walks now begins with nothing, since all of it is counted."""
    op.add_column("unit", sa.Column("stay_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("unit", sa.Column("stay_fixes", sa.Integer(), nullable=False, server_default="0"))
