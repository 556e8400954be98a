"""Our log over HTTP beside Redis Streams and NATS JetStream, in one run on one machine.

    python benchmarks/logs.py [seconds of each]

Ours and Redis have an event on the disk when they answer; NATS has it in its file, which it syncs later. What is not
installed is left out, with a word. Debian: apt-get install redis-server nats-server.
"""

from __future__ import annotations

import sys

import log_peers
import over_http


def table(seconds: float = 3.0) -> str:
    ours, redis, nats = over_http.served(seconds), log_peers.redis(seconds), log_peers.nats(seconds)
    rows = ["| events/s | stackfile, HTTP | Redis, synced | NATS, not synced |", "|---|--:|--:|--:|"]
    rows += [
        f"| {name} | {rate:,.0f} | {_beside(redis, name, rate)} | {_beside(nats, name, rate)} |"
        for name, rate in ours.items()
    ]
    return "\n".join(rows)


def _beside(found: dict[str, float] | str, name: str, ours: float) -> str:
    """Their rate, and how many times as fast we are."""
    if isinstance(found, str):
        return found
    return f"{found[name]:,.0f} ({ours / found[name]:.2f})" if found.get(name) else ""


if __name__ == "__main__":
    print(table(*map(float, sys.argv[1:2])))
