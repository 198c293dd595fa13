"""An event's own changes are found without reading the log: for its timeline."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the changes of events only: those of positions are by far the most and have no timeline."""
    of_events = sa.text("kind = 'event'")
    op.create_index(
        "ix_change_event", "change", ["subject_id", "seq"], sqlite_where=of_events, postgresql_where=of_events
    )
