"""The soak: walls and their server under twenty-fold load; whatever grows shows as a slope."""
