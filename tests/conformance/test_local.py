"""Every kind of the local provider takes the walk, and survives a death at every effect."""

from __future__ import annotations

from pathlib import Path

from stackfile.sdk.provider import Session
from stackfile.testing.bench import FakeClock, World, bytes_under, quick_store
from stackfile.testing.conformance import KindCase
from stackfile.testing.kit import conformance
from stackfile.values import Tree
from stackfile_local import Local

FILTER = [{"filter": "value.amount >= 100"}]
TWO_STREAMS: dict[str, Tree] = {"streams.raw": {}, "streams.clean": {}}

CASES = [
    KindCase(
        "streams.orders",
        {"partitions": 2, "retention": "7d"},
        changes={"partitions": 3, "retention": "30d", "max_message_size": "2MiB", "compression": "gzip"},
        replacing={"partitions": 1, "name": "orders-2"},
        unset={"retention": "7d"},
        thirds={"retention": "90d"},
    ),
    KindCase(
        "sources.file",
        {"connector": "file", "path": "in.csv", "stream": "streams.raw", "key": "order", "nulls": ["NA"]},
        changes={"name": "another", "key": "customer", "types": "text", "follow": True, "nulls": ["NA", "-"]},
        replacing={"path": "other.csv", "stream": "streams.clean"},
        unset={"key": None, "nulls": None},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "sources.generate",
        {"connector": "generate", "stream": "streams.raw", "count": 10, "seed": 7, "template": {"a": "i", "b": 1}},
        changes={
            "template": {"a": "int(1, 6)", "c": {"d": "uuid()"}},
            "count": 20,
            "rate": 100.5,
            "key": "value.a",
            "seed": 8,
            "start": "2025-01-31T10:00:00Z",
            "step": "10s",
        },
        replacing={"stream": "streams.clean"},
        unset={"count": None, "seed": None, "template": {"i": "i"}},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "destinations.file",
        {"connector": "file", "path": "out.ndjson", "stream": "streams.clean", "dead_letter": "streams.raw"},
        changes={"name": "another"},
        replacing={"path": "other.ndjson", "format": "csv"},
        unset={"dead_letter": None},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "destinations.sqlite",
        {"connector": "sqlite", "path": "out.db", "table": "orders", "key": ["order"], "stream": "streams.clean"},
        changes={"name": "another"},
        replacing={"table": "orders_2", "key": ["order", "line"]},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "destinations.stdout",
        {"connector": "stdout", "stream": "streams.clean", "format": "csv", "columns": ["order"]},
        changes={"name": "another", "dead_letter": "streams.raw"},
        replacing={"columns": ["order", "amount"], "stream": "streams.raw"},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "pipelines.large",
        {"source": "streams.raw", "destination": "streams.clean", "operations": FILTER, "dead_letter": "streams.bad"},
        changes={"operations": [*FILTER, {"drop": ["note"]}], "status": "paused"},
        replacing={"source": "streams.bad"},
        unset={"operations": [], "dead_letter": None},
        needs={**TWO_STREAMS, "streams.bad": {}},
    ),
]


def world(base: Path) -> World:
    clock, state = FakeClock(), base / "state"
    (base / "in.csv").write_text("order,customer\n")

    def session(instance: str) -> Session:
        return Session(base / "data", base, clock, instance)

    return World(Local, {}, session, quick_store(state), lambda: bytes_under(state))


TestLocal = conformance(world, CASES, faults=())
