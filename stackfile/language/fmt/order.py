"""The order of keys: where each known one of a stackfile goes in its map. Others keep their order among themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stackfile.address import SECTIONS
from stackfile.values import Path

REST: Final = "*"
"""Where all that an order does not name goes."""

_RESOURCE: Final = (
    *("provider", "type", "connector", "for_each", "enabled", "name", "existing"),
    *("source", "connection", "pipeline", "transforms", "operations", "destination", "config", "status"),
    *(REST, "depends_on", "lifecycle", "timeouts"),
)
_ROOT: Final = (
    *("version", "name", "requires", "include", "x-", "variables", "locals", "environments", "state", "defaults"),
    *("providers", "sources", "destinations", "pipelines", "streams", "resources", "modules", "outputs"),
    *("moved", "removed", "imports", "policies", "checks", REST),
)
_NAMED: Final = {
    "variables": ("type", "sensitive", "default", "from", "description", REST),
    "environments": ("default", "protected", REST, "variables"),
    "outputs": ("value", "sensitive", "description", REST),
    "providers": ("type", "for_each", REST),
    **dict.fromkeys(SECTIONS, _RESOURCE),
}
_LISTED: Final = {
    "moved": ("from", "to", REST),
    "removed": ("address", "destroy", REST),
    "imports": ("to", "id", REST),
}
_LIFECYCLE: Final = ("prevent_destroy", "create_before_destroy", "ignore_changes", "replace_triggered_by", REST)


def order_at(path: Path) -> Sequence[str] | None:
    """The order of the keys of the map at a path; None where they are the user's."""
    match path:
        case ():
            return _ROOT
        case ("defaults",):
            return ("provider", "name", "lifecycle", "timeouts", *SECTIONS, REST)
        case ("defaults", str() as section) if section in SECTIONS:
            return _RESOURCE
        case ("state",):
            return ("backend", REST)
        case (str() as section, str()) if section in _NAMED:
            return _NAMED[section]
        case (str() as section, int()) if section in _LISTED:
            return _LISTED[section]
        case (str() as section, str(), "lifecycle") if section in SECTIONS:
            return _LIFECYCLE
    return None


def rank(key: str, order: Sequence[str]) -> int:
    """Where a key goes; `<<` goes first, as what others are written over."""
    if key == "<<":
        return -1
    if key in order and key != REST:
        return order.index(key)
    return order.index("x-" if key.startswith("x-") and "x-" in order else REST)
