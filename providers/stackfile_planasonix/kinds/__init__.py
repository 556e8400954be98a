"""One file a kind."""
