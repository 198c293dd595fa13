"""What people see: shell, pages, panels, theme, words, ids, assets. Knows Dash, asks nothing."""
