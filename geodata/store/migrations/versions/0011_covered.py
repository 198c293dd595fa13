"""Lines of the audit cover changes: every transition hangs on the signed chain."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COVERS, TOLD = sa.text("first_seq > 0"), sa.text("action <> 'changes'")


def upgrade() -> None:
    """Add what a line covers; lines that are there cover nothing and stay signed as they are."""
    op.add_column("audit", sa.Column("first_seq", BIG, nullable=False, server_default="0"))
    op.add_column("audit", sa.Column("last_seq", BIG, nullable=False, server_default="0"))
    op.add_column("audit", sa.Column("digest", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_audit_covers", "audit", ["first_seq"], sqlite_where=COVERS, postgresql_where=COVERS)
    op.create_index("ix_audit_told", "audit", ["seq"], sqlite_where=TOLD, postgresql_where=TOLD)
