"""Every kind of the local provider takes the walk, and survives a death at every effect."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from stackfile.sdk.provider import Session
from stackfile.testing.bench import FakeClock, World, bytes_under, quick_store
from stackfile.testing.conformance import KindCase
from stackfile.testing.kit import conformance
from stackfile.values import Tree
from stackfile_local import Local
from stackfile_local.engine.vault import Vault, is_sealed

FILTER = [{"filter": "value.amount >= 100"}]
TWO_STREAMS: dict[str, Tree] = {"streams.raw": {}, "streams.clean": {}}

CASES = [
    KindCase(
        "streams.orders",
        {"partitions": 2, "retention": "7d"},
        changes={
            "partitions": 3,
            "retention": "30d",
            "max_message_size": "2MiB",
            "compression": "gzip",
            "retention_size": "1GiB",
        },
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
        "sources.http",
        {
            "connector": "http",
            "listen": "127.0.0.1:8080",
            "path": "/orders",
            "stream": "streams.raw",
            "token": "first-token-of-orders",
            "hmac": {"secret": "first-secret-of-orders", "header": "X-Signature", "prefix": "sha256="},
            "key": "customer",
        },
        changes={
            "listen": "0.0.0.0:8081",
            "path": "/",
            "key": "order",
            "headers": ["X-Kind"],
            "hmac.header": "X-Hub-Signature-256",
            "hmac.encoding": "base64",
            "event_id": {"header": "X-Id"},
            "event_id_window": "2h",
            "max_body": "2MiB",
        },
        replacing={"stream": "streams.clean"},
        rotated={"token": "second-token-of-orders", "hmac.secret": "second-secret-of-orders"},
        unset={"key": None, "path": "/"},
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
        "destinations.postgres",
        {
            "connector": "postgres",
            "host": "db.example.com",
            "database": "shop",
            "user": "loader",
            "password": "hunter2-of-the-loader",
            "table": "orders",
            "key": ["order"],
            "stream": "streams.clean",
            "columns": {"at": "timestamptz"},
        },
        changes={
            "name": "another",
            "host": "db2.example.com",
            "port": 5433,
            "database": "shop2",
            "user": "another",
            "sslmode": "require",
            "delete": True,
            "columns": {"at": "timestamptz", "price": "numeric(12, 2)"},
            "timeout": "1m",
        },
        replacing={"table": "orders_2", "schema": "sales", "key": ["order", "line"]},
        rotated={"password": "another-password-of-the-loader"},
        unset={"password": None, "columns": None},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "destinations.http",
        {
            "connector": "http",
            "url": "https://example.com/in/hunter2-of-the-hook",
            "headers": {"X-Team": "orders"},
            "secret_headers": {"Authorization": "Bearer hunter2-of-the-token"},
            "stream": "streams.clean",
        },
        changes={
            "name": "another",
            "method": "PUT",
            "headers": {"X-Team": "shipping"},
            "body": "ndjson",
            "batch": {"max_events": 100, "max_bytes": "64KiB", "linger": "2s"},
            "retry": {"max_attempts": 3},
            "timeout": "5s",
        },
        replacing={"stream": "streams.raw"},
        rotated={
            "url": "https://example.com/in/another-secret-hook",
            "secret_headers.Authorization": "Bearer another-secret-token",
        },
        unset={"secret_headers": None},
        needs=TWO_STREAMS,
    ),
    KindCase(
        "pipelines.large",
        {"source": "streams.raw", "destination": "streams.clean", "operations": FILTER, "dead_letter": "streams.bad"},
        changes={"operations": [*FILTER, {"drop": ["note"]}], "status": "paused"},
        replacing={"source": "streams.other"},
        unset={"operations": [], "dead_letter": None},
        needs={**TWO_STREAMS, "streams.bad": {}, "streams.other": {}},
    ),
]


def bodies(base: Path) -> list[dict[str, Any]]:
    """What the engine keeps of each source and destination."""
    with closing(sqlite3.connect(base / "data" / "engine" / "engine.db")) as connection:
        kept = connection.execute("SELECT body FROM objects WHERE kind IN ('source', 'destination')").fetchall()
    return [json.loads(body) for (body,) in kept]


def opened(value: Any, vault: Vault) -> Any:
    if is_sealed(value):
        return vault.open(value)
    return {name: opened(inner, vault) for name, inner in value.items()} if isinstance(value, dict) else value


def world(base: Path) -> World:
    clock, state = FakeClock(), base / "state"
    (base / "in.csv").write_text("order,customer\n")

    def session(instance: str) -> Session:
        return Session(base / "data", base, clock, instance)

    def holds(secret: str) -> bool:
        vault = Vault(base / "data" / "engine")
        return any(secret in str(opened(body, vault)) for body in bodies(base))

    return World(Local, {}, session, quick_store(state), lambda: bytes_under(base), holds)


TestLocal = conformance(world, CASES, faults=())
