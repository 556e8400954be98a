"""The kinds of the Redpanda Connect provider."""
