"""The city and what happens in it. Knows nothing of Dash or Plotly."""
