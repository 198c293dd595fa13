"""The live push: one picture per view, computed once, serialised once, sent to every screen that shows it."""
