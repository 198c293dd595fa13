"""The units' phones: the page, what it asks for, what it delivers."""
