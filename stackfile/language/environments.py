"""Environments: which ones a stackfile has, and the one that a run is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.reader import Reader
from stackfile.language.source import Raw
from stackfile.values import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
"""What names a stack or an environment: both are folders of the state."""

_FIELDS = ("default", "variables", "protected")
_SECTION: Path = ("environments",)


@dataclass(frozen=True, slots=True)
class Environment:
    """`variables` are as written. The one of a stackfile that has none is called `default`, unless it is named."""

    name: str = "default"
    variables: Mapping[str, Raw] = field(default_factory=dict)
    protected: bool = False
    is_default: bool = False


def read_environments(entries: Mapping[str, Raw], reader: Reader) -> Mapping[str, Environment]:
    out: dict[str, Environment] = {}
    default = ""
    for name, raw in entries.items():
        path = (*_SECTION, name)
        if NAME.match(name) is None:
            reader.at_key(_name_wrong(), path)
        entry = reader.map(raw, path)
        reader.check_keys(entry, path, _FIELDS, ())
        flags = {key: reader.flag(entry[key], (*path, key)) for key in ("default", "protected") if key in entry}
        if flags.get("default"):
            if default:
                label = f"`{default}` is it already, at {reader.document.key_place((*_SECTION, default))[0]}"
                fault = Fault("environment-defaults", "only one environment can be the default", label)
                reader.at_key(fault, (*path, "default"))
            default = default or name
        out[name] = Environment(
            name, _variables(entry, path, reader), flags.get("protected", False), flags.get("default", False)
        )
    return out


def _variables(entry: Mapping[str, Raw], path: Path, reader: Reader) -> Mapping[str, Raw]:
    path = (*path, "variables")
    variables = reader.map(entry.get("variables"), path)
    for name, raw in variables.items():
        if reader.document.has_templates(raw):
            help = ("for a value that is worked out use locals",)
            fault = Fault("template-misplaced", "the variables of an environment hold no templates", "", help)
            reader.at_value(fault, (*path, name))
    return {name: raw for name, raw in variables.items() if not reader.document.has_templates(raw)}


def choose(environments: Mapping[str, Environment], given: str | None, reader: Reader) -> Environment:
    """The environment that was asked for, or else the default one.

    Raises DiagnosticError where that is none, with what was found until then: nothing more can be said of the file.
    """
    found = _chosen(environments, given, reader)
    if isinstance(found, Fault):
        reader.findings.add(found, reader.document.key_place(_SECTION) if environments else None)
        reader.findings.raise_if_any()
        raise found
    return found


def _chosen(environments: Mapping[str, Environment], given: str | None, reader: Reader) -> Environment | Fault:
    if given is None:
        named = next((one for one in environments.values() if one.is_default), None)
        if named is not None or not environments:
            return named or Environment()
        example = next(iter(environments))
        message = "this stack has environments, and none of them is chosen"
        help = (f"environments: {listing(environments)}", f"choose one:  --env {example}  or  STACK_ENV={example}")
        return Fault("environment-missing", message, "", help)
    if given in environments:
        return environments[given]
    if not environments:
        return Environment(given) if NAME.match(given) else _name_wrong()
    best = did_you_mean(given, environments)
    help = (f"environments: {listing(environments)}", f"to add it:  {given}: {{}}  under `environments`")
    return Fault("environment-unknown", f"no environment `{given}`", best, help)


def _name_wrong() -> Fault:
    return Fault("name-wrong", "an environment's name has letters, digits, _ and - only")
