"""How things are drawn on the map: one file, one layer. Knows Plotly, not Dash."""
