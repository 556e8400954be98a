"""Outputs: what a stack tells the outside, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from stackfile.address import Address
from stackfile.language.declared import Instance
from stackfile.language.evaluate import Report, evaluate_tree
from stackfile.language.findings import Fault
from stackfile.language.leaves import leaves_of
from stackfile.language.locals import names_in
from stackfile.language.names import LOCAL, Site
from stackfile.language.reader import Reader
from stackfile.language.references import References
from stackfile.language.scope import Scope, World
from stackfile.language.source import Raw
from stackfile.language.stackfile import Attributes, Output
from stackfile.values import Path, Sensitive, Value, contains

_FIELDS = ("value", "sensitive", "description")
_NOBODY = Instance(Address("outputs", "none"), None, enabled=True)
"""An output depends on resources as an enabled resource does, and none of them is the output itself."""


def read_outputs(entries: Mapping[str, Raw], references: References, reader: Reader) -> dict[str, Output]:
    return {name: _output(name, raw, references, reader) for name, raw in entries.items()}


def output_entry(name: str, raw: Raw, reader: Reader) -> tuple[Value, bool]:
    """The value as written, and whether it is sensitive."""
    path: Path = ("outputs", name)
    entry: Mapping[str, Raw] = {}
    if isinstance(raw, dict):
        entry = raw
        reader.check_keys(raw, path, _FIELDS, ())
    if "value" not in entry:
        help = (f"write:  {name}: {{value: ...}}",)
        reader.at_key(Fault("field-missing", "an output has a `value`", "", help), path, f"outputs.{name}")
    sensitive = "sensitive" in entry and reader.flag(entry["sensitive"], (*path, "sensitive"))
    return cast("Value", entry.get("value")), sensitive


def _output(name: str, raw: Raw, references: References, reader: Reader) -> Output:
    path: Path = ("outputs", name)
    value, sensitive = output_entry(name, raw, reader)

    def report(fault: Fault, at: Path) -> None:
        reader.at_value(fault, (*path, "value", *at), f"outputs.{name}")

    faulty = references.check.check(leaves_of(value), Site(LOCAL, "outputs"), report)
    world = references.check.world
    scope = Scope(world, faulty=faulty)
    found: dict[Address, None] = {}
    for one in names_in(value, world.templates):
        try:
            found.update(dict.fromkeys(references.dependencies((one,), scope, _NOBODY)))
        except Fault as fault:
            report(fault, ())
    output = Output(name, value, sensitive, path, tuple(found))
    _evaluate(output, scope, report)
    return output


def _evaluate(output: Output, scope: Scope, report: Report) -> Value:
    value = evaluate_tree(output.value, scope, (), report)
    try:
        return taken(value, sensitive=output.sensitive)
    except Fault as fault:
        report(fault, ())
        return Sensitive(value)


def taken(value: Value, *, sensitive: bool) -> Value:
    """The value, sensitive as a whole where its output says so. Raises Fault for one that is and does not."""
    if not contains(value, Sensitive):
        return Sensitive(value) if sensitive else value
    if not sensitive:
        help = ("write sensitive: true beside it, or nonsensitive(...) where it is no secret",)
        raise Fault("output-sensitive", "the value is sensitive, and outputs are printed", "", help)
    return value if isinstance(value, Sensitive) else Sensitive(value)


def output_value(output: Output, world: World, attributes: Attributes, report: Report) -> Value:
    """The value of an output, sensitive as a whole where the output says so."""
    return _evaluate(output, Scope(world, attributes=attributes), report)
