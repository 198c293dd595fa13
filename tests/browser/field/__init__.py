"""The field page in a real browser."""
