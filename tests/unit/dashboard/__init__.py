"""Tests of the screens that need no browser."""
