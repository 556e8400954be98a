"""From the catalog's words for a source that receives to its door, with its secrets opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackfile.portable.quantities import parse_duration, parse_size
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.doors import Door
from stackfile_local.engine.signatures import HEADERS, Signature
from stackfile_local.engine.vault import Vault


def door_of(entry: Entry, vault: Vault) -> Door:
    """Raises ProviderError for secrets that cannot be opened."""
    body = entry.body
    host, _, port = body["listen"].rpartition(":")
    told = body.get("event_id", {})
    id_header = told.get("header")
    return Door(
        entry.name,
        host.strip("[]"),
        int(port),
        body["path"],
        parse_size(body["max_body"]),
        vault.open(body["token"]).encode() if "token" in body else None,
        _signature(body["hmac"], vault) if "hmac" in body else None,
        tuple(name.lower() for name in body.get("headers", ())),
        body.get("key"),
        None if id_header is None else id_header.lower(),
        told.get("field"),
    )


def _signature(body: Mapping[str, Any], vault: Vault) -> Signature:
    form = body["form"]
    header = body.get("header", HEADERS.get(form, "")).lower()
    secret = vault.open(body["secret"]).encode()
    tolerance = parse_duration(body["tolerance"]) / 1000
    return Signature(secret, header, body["algorithm"], body["encoding"], body["prefix"], form, tolerance)
