"""What a change of a connector's key does to the data, by key and direction.

That added tables are snapshotted, and only those, is in docs.streamkap.com, page api-quickstart, "Add Tables to an
Existing Source"; the rest follows from how Debezium and Kafka Connect work, which the service runs.
"""

from __future__ import annotations

from collections.abc import Collection

from stackfile.sdk.traits import Changes, Effect, Impact
from stackfile.values import Path
from stackfile_streamkap.catalogue.entries import Key

CAPTURED = (
    "table.include.list.user.defined",
    "collection.include.list.user.defined",
    "endpoint.include.list.user.defined",
    "topic.include.list.user.defined",
)
"""The lists of what a source captures, by connector."""

RESTART = "The connector restarts and goes on from its position; no change is lost."
_RESTARTS = Effect(Impact.RESTART)
_ADDED = Effect(
    Impact.RESTART,
    "New: {items}. A pipeline with snapshot_new_tables snapshots what is new; the others are not read again.",
)
_REMOVED = Effect(
    Impact.RESTART,
    "Capture of {items} stops; where it is taken up again later there is a gap: changes made in between are not in it.",
)
_SLOT = Effect(
    Impact.DATA_LOSS,
    "The source goes on from another replication slot: changes that only the old one still holds are lost.",
)
_ELSEWHERE = Effect(
    Impact.RESTART,
    "It takes the same position there: if this is another server, and not the same under another name, changes are "
    "lost until a new snapshot.",
)
_LOSING = {"slot.name": Changes(_SLOT)}
_SERVERS = (
    "database.hostname.user.defined",
    "database.port.user.defined",
    "database.dbname",
    "mongodb.connection.string.user.defined",
)

CONFIG = Changes(_RESTARTS)
"""Of any other key. That the connector restarts is said once, however many keys change: see `effect_of_update`."""


def effect_of_update(changed: Collection[Path]) -> Effect | None:
    """What an update does beyond what its keys say; nothing where no key changes."""
    keys = {path[1] for path in changed if path[:1] == ("config",) and len(path) > 1}
    if not keys:
        return None
    return Effect(Impact.RESTART, "The connector restarts." if keys & _LOSING.keys() else RESTART)


def changes_of(section: str, key: Key) -> Changes:
    if section == "sources" and key.name in CAPTURED:
        return Changes(_RESTARTS, added=_ADDED, removed=_REMOVED)
    if section == "sources" and key.name in _SERVERS:
        return Changes(_ELSEWHERE)
    return _LOSING.get(key.name, CONFIG)
