"""How much a client may ask for, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, events, milliseconds where `_ms` says so, and seconds."""

    body: int = 16 * 2**20
    batch: int = 10_000
    page: int = 10_000
    page_bytes: int = 16 * 2**20
    pending: int = 128 * 2**20
    """Bytes of requests that wait for the disk; beyond, clients are told to come again."""
    produce_ms: int = 5000
    poll_ms: int = 1000
    longest_ms: int = 60_000
    body_seconds: float = 30.0
    """In which a request must have arrived whole."""
    stop_seconds: int = 10
    """In which running requests may end when the server is told to."""
    events_per_second: int | None = None
    """Produced, by all clients together. None: as many as they like."""
