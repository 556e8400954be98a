"""Redpanda Connect in streams mode: streams and resources of a running engine, through its HTTP API."""
