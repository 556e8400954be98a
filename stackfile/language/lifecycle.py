"""What a resource says of its own life: `lifecycle:` and `timeouts:`, read for each instance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from stackfile.address import Address
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_known
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.paths import known_paths, readings
from stackfile.language.places import Places
from stackfile.language.reader import describe
from stackfile.language.references import References, Referrer
from stackfile.language.scope import Scope, World
from stackfile.language.stackfile import Ignored, Lifecycle, Timeouts, Trigger
from stackfile.language.variables import Broken
from stackfile.portable.quantities import parse_duration
from stackfile.sdk.schema import Schema
from stackfile.spelling import closest
from stackfile.values import Path, Ref, Sensitive, Tree, Unknown, Value, contains, print_path

VERBS = ("create", "update", "delete")
_EVERY = "all"
_IGNORED = ("path", "reason", "until")
_INSTANCE = r"""\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]|/.+"""
_ADDRESS = re.compile(rf"((?:modules\.[^.]+\.)*[a-z]+\.[A-Za-z_]\w*(?:{_INSTANCE})?)(.*)\Z")
"""An address, and what goes on into its fields."""
_FREE, _NO_LIMITS = Lifecycle(), Timeouts()

Tell = Callable[[Fault, Path], None]


@dataclass
class Lifecycles:
    """Reads them. A field that `defaults` ignore must be one of some resource, not of every one: those that nobody
    has are told at the end."""

    world: World
    references: References
    places: Places
    _found: set[tuple[Path, str]] = field(default_factory=set)
    _missing: dict[tuple[Path, str], tuple[Fault, Declaration, Path, Address]] = field(default_factory=dict)

    def lifecycle(self, declaration: Declaration, instance: Instance) -> Lifecycle:
        tell = self._teller(declaration, instance)
        value = self._known(declaration, instance, "lifecycle", tell)
        if not isinstance(value, Mapping):
            return _FREE
        return Lifecycle(
            prevent_destroy=_flag(value, "prevent_destroy", tell),
            ignore_changes=self._ignored(value.get("ignore_changes"), declaration, instance, tell),
            replace_triggered_by=self._triggers(value.get("replace_triggered_by"), declaration, instance, tell),
            create_before_destroy=_flag(value, "create_before_destroy", tell),
        )

    def timeouts(self, declaration: Declaration, instance: Instance) -> Timeouts:
        tell = self._teller(declaration, instance)
        value = self._known(declaration, instance, "timeouts", tell)
        if not isinstance(value, Mapping):
            return _NO_LIMITS
        limits = {verb: _limit(value[verb], ("timeouts", verb), tell) for verb in VERBS if verb in value}
        return Timeouts(**limits)

    def finish(self) -> None:
        """Tells of fields that `defaults` ignore and that no resource has."""
        for key, (fault, declaration, path, address) in self._missing.items():
            if key not in self._found:
                self.places.report_value(fault, declaration.path, path, address)

    def _teller(self, declaration: Declaration, instance: Instance) -> Tell:
        return lambda fault, path: self.places.report_value(fault, declaration.path, path, instance.address)

    def _known(self, declaration: Declaration, instance: Instance, key: str, tell: Tell) -> Value:
        try:
            scope = Scope(self.world, instance.each, faulty=declaration.faulty)
            value = evaluate_known(cast("Value", declaration.entry[key]), scope, (key,), tell)
        except Broken:
            return None
        for name, one in value.items() if isinstance(value, Mapping) else ():
            if contains(one, (Unknown, Sensitive)):
                tell(Fault("type-wrong", f"`{name}` must be known at plan, and is printed there"), (key, name))
                return None
        return value

    def _ignored(self, raw: Value, declaration: Declaration, instance: Instance, tell: Tell) -> tuple[Ignored, ...]:
        at: Path = ("lifecycle", "ignore_changes")
        if raw is None or instance.schema is None:
            return ()
        if raw == _EVERY:
            return (Ignored(()),)
        if not isinstance(raw, list):
            tell(Fault("type-wrong", f"`ignore_changes` takes a list of fields, or all, not {describe(raw)}"), at)
            return ()
        found: list[Ignored] = []
        for number, item in enumerate(raw):
            note = _note(item, (*at, number), tell)
            if note is None:
                continue
            text, reason, until = note
            paths = self._paths(text, declaration, instance, (*at, number), tell)
            found += [Ignored(path, reason, until) for path in paths]
        return tuple(found)

    def _paths(self, text: str, declaration: Declaration, instance: Instance, at: Path, tell: Tell) -> tuple[Path, ...]:
        """The one path that is meant, or none, which is told."""
        schema = cast("Schema", instance.schema)
        if text == _EVERY and _EVERY not in schema.fields:
            return ((),)
        place = self.places.absolute(declaration.path, at)
        try:
            paths = readings(text, schema, declaration.body)
        except ValueError as error:
            tell(Fault("ignore-path-unknown", str(error)), at)
            return ()
        if len(paths) > 1:
            tell(_ambiguous("ignore-path-ambiguous", text, paths), at)
            return ()
        if paths:
            self._found.add((place, text))
            return paths
        fault = _no_field("ignore-path-unknown", text, instance.address, schema, declaration.body)
        if place[:1] == ("defaults",):
            self._missing.setdefault((place, text), (fault, declaration, at, instance.address))
        else:
            tell(fault, at)
        return ()

    def _triggers(self, raw: Value, declaration: Declaration, instance: Instance, tell: Tell) -> tuple[Trigger, ...]:
        at: Path = ("lifecycle", "replace_triggered_by")
        if raw is None:
            return ()
        if not isinstance(raw, list):
            tell(Fault("type-wrong", f"`replace_triggered_by` takes a list of addresses, not {describe(raw)}"), at)
            return ()
        found: dict[Trigger, None] = {}
        for number, item in enumerate(raw):
            try:
                found.update(dict.fromkeys(self._trigger(item, instance, (*at, number))))
            except Fault as fault:
                tell(fault, (*at, number))
            except Broken:
                continue
        return tuple(found)

    def _trigger(self, item: Value, instance: Instance, at: Path) -> list[Trigger]:
        """Raises Fault, and Broken where what it names has been reported."""
        if not isinstance(item, str):
            raise Fault("type-wrong", f"`replace_triggered_by` takes addresses, not {describe(item)}")
        match = _ADDRESS.match(item)
        address, rest = match.groups() if match is not None else (item, "")
        scope = Scope(self.world, instance.each)
        refs = self.references.read(address, Referrer(instance, scope, at))
        addresses = [ref.address for ref in cast("list[Ref]", refs)]
        return [Trigger(one, self._trigger_path(rest, one)) for one in addresses]

    def _trigger_path(self, rest: str, target: Address) -> Path:
        declaration = self.world.declarations[target.section, target.key]
        schema = declaration.instances[target.instance].schema
        text = rest.removeprefix(".")
        if not text or schema is None:
            return ()
        if text == "id":
            return ("id",)
        try:
            paths = readings(text, schema, declaration.body)
        except ValueError as error:
            raise Fault("attribute-unknown", str(error)) from None
        if len(paths) > 1:
            raise _ambiguous("trigger-path-ambiguous", text, paths)
        if not paths:
            raise _no_field("attribute-unknown", text, target, schema, declaration.body)
        return paths[0]


def _no_field(code: str, text: str, address: Address, schema: Schema, body: Tree) -> Fault:
    known = known_paths(schema, body)
    best = closest(text, known)
    label = f"did you mean `{known[best]}`?" if best is not None else ""
    help = () if best is not None else (f"fields: {listing(schema.fields)}",)
    return Fault(code, f"{address} has no field `{text}`", label, help)


def _ambiguous(code: str, text: str, paths: tuple[Path, ...]) -> Fault:
    ways = " or ".join(map(print_path, paths))
    return Fault(code, f"`{text}` can be read in {len(paths)} ways", f"write {ways}")


def _note(item: Value, at: Path, tell: Tell) -> tuple[str, str, date | None] | None:
    """The text, the reason and the last day of one entry; None where it is wrong, which is told."""
    if isinstance(item, str):
        return item, "", None
    if not isinstance(item, Mapping) or not isinstance(item.get("path"), str):
        tell(Fault("type-wrong", "`ignore_changes` takes fields, or maps with `path`, `reason` and `until`"), at)
        return None
    for key in item:
        if key not in _IGNORED:
            label = did_you_mean(key, _IGNORED) or f"known here: {', '.join(_IGNORED)}"
            tell(Fault("field-unknown", f"no field `{key}` here", label), (*at, key))
            return None
    reason = item.get("reason") or ""
    if not isinstance(reason, str):
        tell(Fault("type-wrong", f"`reason` takes text, not {describe(reason)}"), (*at, "reason"))
        return None
    try:
        return str(item["path"]), reason, _day(item.get("until"))
    except ValueError:
        tell(Fault("type-wrong", "`until` takes a day, as in 2026-12-31"), (*at, "until"))
        return None


def _day(raw: Value) -> date | None:
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise ValueError("no day")
    return date.fromisoformat(raw)


def _flag(lifecycle: Tree, name: str, tell: Tell) -> bool:
    value = lifecycle.get(name)
    if value is not None and not isinstance(value, bool):
        tell(Fault("type-wrong", f"`{name}` takes true or false, known at plan"), ("lifecycle", name))
    return value is True


def _limit(raw: Value, at: Path, tell: Tell) -> float | None:
    """Seconds."""
    if raw is None:
        return None
    said = raw if isinstance(raw, str | int | float) else describe(raw)
    try:
        milliseconds = parse_duration(raw) if isinstance(raw, str) else 0
    except ValueError:
        milliseconds = 0
    if milliseconds > 0:
        return milliseconds / 1000
    help = ("to go on without waiting: stack apply --no-wait",) if str(raw) in ("0", "0s", "0m") else ()
    tell(Fault("timeout-wrong", f"`{print_path(at)}` takes a time above zero, as in 10m, not {said}", "", help), at)
    return None
