"""Everything that is kept: tables, sessions, the change log, roll-ups, migrations. The only user of SQLAlchemy."""
