"""Effects in order: refresh, the walk, recovery."""
