"""Alembic's entry: always run by ``Store.open``, inside its one write transaction."""

from alembic import context

from geodata.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
