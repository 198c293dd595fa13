"""Boundary files in: reading, checking the coverage, simplifying, building tiles."""
