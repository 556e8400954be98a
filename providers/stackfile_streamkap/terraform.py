"""Which of our kinds a resource of the Terraform provider is, and the other way round: pure.

Import is by id for all, by user name for Kafka users and by topic id for topics (provider internal/provider/*_test.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stackfile.sdk.terraform import Counterpart
from stackfile_streamkap.catalogue import entries

_PREFIX: Final = "streamkap_"
_FAMILIES: Final = {
    "source_": ("sources", "source"),
    "destination_": ("destinations", "destination"),
    "transform_": ("resources", "transform"),
}
"""One resource type for each connector there, one kind for all of them here."""
_SINGLE: Final = {
    "pipeline": ("pipelines", "pipeline", "id", "name"),
    "topic": ("resources", "topic", "topic_id", ""),
    "tag": ("resources", "tag", "id", "name"),
    "kafka_user": ("resources", "kafka_user", "username", "username"),
    "client_credential": ("resources", "client_credential", "client_id", ""),
}
"""Section and kind here; the attributes there with the id and the name."""


def counterpart(type: str, attributes: Mapping[str, Any]) -> Counterpart | None:
    if not type.startswith(_PREFIX):
        return None
    short = type.removeprefix(_PREFIX)
    for prefix, (section, kind) in _FAMILIES.items():
        if short.startswith(prefix):
            return _found(section, kind, attributes, "id", "name")
    if short not in _SINGLE:
        return None
    return _found(*_SINGLE[short][:2], attributes, *_SINGLE[short][2:])


def type_of(section: str, kind: str, fields: Mapping[str, Any]) -> str | None:
    """None for a connector that Terraform has no resource for, as far as is known."""
    if kind in _SINGLE:
        return f"{_PREFIX}{kind}"
    catalogued, connector = (section, "connector") if kind != "transform" else ("transforms", "transform")
    named = fields.get(connector)
    if named not in entries.names(catalogued):
        return None
    return entries.connector(catalogued, str(named)).terraform or None


def _found(section: str, kind: str, attributes: Mapping[str, Any], id: str, name: str) -> Counterpart | None:
    """None for one that was never made: it has no id yet."""
    found = attributes.get(id) or attributes.get("id")
    if not isinstance(found, str) or not found:
        return None
    return Counterpart(section, kind, found, str(attributes.get(name) or ""))
