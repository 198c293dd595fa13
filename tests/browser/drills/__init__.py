"""Drills of what heals by itself: a wall before a real server lives through troubles, and what it shows is timed."""
