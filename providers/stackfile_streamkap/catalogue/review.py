"""What is said of a connector's `config` at plan beyond types: misspelt keys, unlisted ones, what is required when.

A key that is close to a known one is a mistake; any other is taken with a warning, so that a catalogue that lags behind
the service hinders nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from stackfile.errors import Severity
from stackfile.sdk.schema import Problem
from stackfile.values import Tree, Unknown, Value, reveal
from stackfile_streamkap.catalogue.entries import Connector, Key, common_keys

_OURS = ".user.defined"
"""Many keys end so; the API quickstart writes them without it (database.hostname, table.include.list)."""
_ALIKE = 0.8
_BREAKS = re.compile(r"[^a-z0-9]+")


def review(connector: Connector, tree: Tree) -> Iterator[Problem]:
    """What is wrong, or odd, with the `config` of a body."""
    config = tree.get("config")
    if not isinstance(config, Mapping):
        return
    for name in config:
        if name not in connector.keys:
            yield _unlisted(connector, name, config)
    for key in connector.keys.values():
        if key.when and _is_unset(config.get(key.name)) and _holds(connector, config, key):
            why = " and ".join(f"{name} is {_shown(value)}" for name, value in key.when.items())
            yield Problem("field-missing", ("config", key.name), "", help=(f"It is required where {why}.",))


def meant(connector: Connector, name: str, config: Iterable[str] = ()) -> str | None:
    """The key that was surely meant by a name that is none. `config` holds the keys that are there already."""
    keys = connector.keys
    bare = name.removesuffix(_OURS)
    for other in (f"{name}{_OURS}", bare, connector.spoken.get(name), connector.spoken.get(name.replace(".", "_"))):
        if other is not None and other in keys and other != name:
            return other
    written = _BREAKS.sub(".", name.lower())
    for key in keys:
        if written == _BREAKS.sub(".", key.lower()):
            return key
    return next((key for key in keys if key not in config and _is_slip(bare, key.removesuffix(_OURS))), None)


def _unlisted(connector: Connector, name: str, config: Tree) -> Problem:
    path = ("config", name)
    known = tuple(key.name for key in connector.keys.values() if not key.server)
    right = meant(connector, name, config)
    if right is not None:
        return Problem("field-unknown", path, "", known, meant=right)
    if not connector.common and name in common_keys(connector.section):
        return Problem("field-unknown", path, "", known)
    says = f"is no key of {connector.name} that is known here: it is sent as it is written"
    ways = (
        "to know what the service has now: stack providers sync streamkap",
        f"all keys: stack providers show streamkap {connector.section}.{connector.name}",
    )
    return Problem("config-key-unlisted", path, says, help=ways, severity=Severity.WARNING)


def _is_slip(name: str, key: str) -> bool:
    """Whether the two differ in one part between dots, and there by a slip. Keys have numbers: others are no slip."""
    ours, theirs = name.split("."), key.split(".")
    if len(ours) != len(theirs):
        return False
    different = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    if len(different) != 1:
        return False
    one, other = different[0]
    if re.sub(r"\d", "", one) == re.sub(r"\d", "", other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _holds(connector: Connector, config: Tree, key: Key) -> bool:
    """Whether the key's condition surely holds: what only apply can tell may turn out either way."""
    for name, wanted in key.when.items():
        value: Value = config.get(name)
        if isinstance(value, Unknown):
            return False
        if _is_unset(value):
            value = connector.keys[name].default if name in connector.keys else None
        if str(reveal(value)).lower() != str(wanted).lower():
            return False
    return True


def _is_unset(value: Value) -> bool:
    return value is None or value == ""


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
