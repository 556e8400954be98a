"""The engine: one SQLite database for catalog, events and positions, and the loop that moves events."""
