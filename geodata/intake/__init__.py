"""Doors for data: HTTP routers and files."""
