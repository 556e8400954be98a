"""Turns of stacks with a lifecycle on the local engine: new objects before old ones, triggers, ignored fields."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.values import Tree

FIRST: Tree = {"create_before_destroy": True}
Resources = Mapping[str, Tree]


def first(version: str, archive: str = "archive") -> Resources:
    """A stream that is made anew under another name; one destination lets go of it, another is made anew upon it."""
    return {
        "streams.orders": {"name": f"orders_{version}", "lifecycle": FIRST},
        "streams.dead": {"name": f"dead_{version}", "lifecycle": FIRST},
        "sources.orders": {"connector": "file", "path": "in.ndjson", "stream": "streams.orders"},
        "destinations.archive": {
            "name": archive,
            "connector": "sqlite",
            "path": "out.db",
            "table": "orders",
            "stream": "streams.orders",
            "dead_letter": "streams.dead",
            "lifecycle": FIRST,
        },
        "destinations.table": {
            "connector": "sqlite",
            "path": "all.db",
            "table": "orders",
            "stream": "streams.plain",
            "dead_letter": "streams.dead",
        },
        "streams.plain": {},
    }


def triggered(retention: str, minimum: int) -> Resources:
    """A pipeline that is made anew whenever its stream changes, and a field that is somebody else's to set."""
    return {
        "streams.orders": {"retention": retention, "lifecycle": {"ignore_changes": ["partitions"]}, "partitions": 3},
        "streams.large": {"retention": "1d"},
        "pipelines.large": {
            "source": "streams.orders",
            "destination": "streams.large",
            "operations": [{"filter": f"value.amount >= {minimum}"}],
            "lifecycle": {"replace_triggered_by": ["streams.orders.retention"]},
        },
    }
