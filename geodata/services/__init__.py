"""Use cases: permission, rule, save, publish."""
