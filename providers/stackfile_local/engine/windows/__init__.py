"""What stateful pipelines remember: groups, windows, watermarks, and how all of it survives a kill."""
