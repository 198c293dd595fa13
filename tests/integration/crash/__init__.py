"""The drill: servers and imports are killed with SIGKILL under load, and nothing that was acknowledged is lost."""
