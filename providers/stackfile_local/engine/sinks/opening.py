"""Sinks that leave this machine, as they were declared: their secrets are opened here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from stackfile.portable.quantities import parse_duration, parse_size
from stackfile.redact import Redactor
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.sinks.backoff import Backoff
from stackfile_local.engine.sinks.http import HttpSink, Shape
from stackfile_local.engine.sinks.http_client import Client, secrets_of
from stackfile_local.engine.sinks.postgres import PostgresSink
from stackfile_local.engine.sinks.postgres_link import Link, driver
from stackfile_local.engine.sinks.postgres_rows import Rows
from stackfile_local.engine.sinks.postgres_table import Table
from stackfile_local.engine.store import Store
from stackfile_local.engine.vault import Vault

_ATTEMPTS = 8


def open_postgres(store: Store, entry: Entry) -> PostgresSink:
    """Raises ProviderError where psycopg or the key of the secrets is missing."""
    driver()
    body = Vault(store.folder).opened(entry.body)
    key = tuple(body.get("key", ()))
    name = f"table {body['schema']}.{body['table']} of {body.get('endpoint') or 'the database'}"
    link = Link(_libpq(body), parse_duration(body["timeout"]), Redactor(_passwords(body)), Backoff(_ATTEMPTS), name)
    table = Table(link, body["schema"], body["table"], key, body.get("columns", {}))
    return PostgresSink(link, table, Rows(key, bool(body["delete"])))


def open_http(store: Store, entry: Entry, mover_seq: int) -> HttpSink:
    """Raises ProviderError where the key of the secrets is missing."""
    body = Vault(store.folder).opened(entry.body)
    client = Client(
        body["method"],
        body["url"],
        {**body.get("headers", {}), **body.get("secret_headers", {})},
        body.get("endpoint") or "the receiver",
        parse_duration(body["timeout"]) / 1000,
        secrets_of(body["url"], body.get("secret_headers", {})),
    )
    batch = body["batch"]
    shape = Shape(body["body"], batch["max_events"], parse_size(batch["max_bytes"]), parse_duration(batch["linger"]))
    return HttpSink(store, mover_seq, client, shape, Backoff(body["retry"]["max_attempts"]))


def _libpq(body: Mapping[str, Any]) -> dict[str, Any]:
    names = {"url": "conninfo", "database": "dbname"}
    said = ("url", "host", "port", "database", "user", "password", "sslmode")
    return {names.get(name, name): body[name] for name in said if name in body}


def _passwords(body: Mapping[str, Any]) -> list[str]:
    url = str(body.get("url", ""))
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    within = parts.password or ""
    named = [value for name, value in parse_qsl(parts.query) if "password" in name]
    return [text for text in (url, within, unquote(within), *named, str(body.get("password", ""))) if text]
