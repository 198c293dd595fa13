"""Alembic's entry: always run by ``Store.open``, inside its one write transaction."""

from alembic import context

from geodata.store import (  # noqa: F401 - each brings its tables
    models_access,
    models_alerts,
    models_beats,
    models_briefings,
    models_coverage,
    models_days,
    models_field,
    models_loop,
    models_past,
    models_programmes,
    models_roads,
    models_roster,
    models_surges,
)
from geodata.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
