"""The entries of `modules:` to module instances, each a unit of its own; and the outputs that it shows."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

from stackfile.language.called import Call, ModuleInstance
from stackfile.language.declare import declare
from stackfile.language.evaluate import Report
from stackfile.language.expand import is_enabled, items
from stackfile.language.findings import Fault
from stackfile.language.given import give
from stackfile.language.leaves import leaves_of
from stackfile.language.module_file import ModuleFile, ModuleFiles
from stackfile.language.names import LOCAL, Site
from stackfile.language.outputs import output_entry, taken
from stackfile.language.passed import PassedValue
from stackfile.language.places import Places
from stackfile.language.providers import Providers
from stackfile.language.scope import Scope
from stackfile.language.source import Raw
from stackfile.language.stackfile import Each
from stackfile.language.unit import AT_PLAN, Unit
from stackfile.language.variables import Broken
from stackfile.values import Path, Value

_FIELDS = ("source", "for_each", "enabled", "variables")
_LATER = ("depends_on", "version")


class Expansion:
    """Makes the units of all modules, those within modules too. `later` is done once all resources are known."""

    def __init__(self, stack: Unit, files: ModuleFiles, providers: Providers) -> None:
        self._stack = stack
        self._files = files
        self._providers = providers
        self._later: list[Callable[[], None]] = []

    def expand(self, unit: Unit, chain: tuple[str, ...]) -> Iterator[Unit]:
        """The units in a unit. `chain` are the files that it is in, from the stack's on."""
        calls: dict[str, Call] = {}
        for key, raw in unit.structure.modules.items():
            call = calls[key] = self._call(key, raw, unit)
            file = self._file(call, unit, chain)
            if file is not None:
                for instance in call.instances.values():
                    child = self._unit(call, instance, file, unit)
                    yield child
                    yield from self.expand(child, (*chain, file.name))
        unit.world.calls = calls

    def settle(self) -> None:
        """Looks at what modules are given and show, as far as that needs resources."""
        for later in self._later:
            later()

    def _call(self, key: str, raw: Raw, unit: Unit) -> Call:
        """The entry with its instances; it stays broken where they cannot be told, which is reported."""
        reader = unit.reader
        call = Call(key, unit.world.modules, reader.map(raw, ("modules", key)))
        reader.check_keys(call.entry, call.path, _FIELDS, _LATER)
        call.repeated = "for_each" in call.entry
        for field in ("for_each", "enabled"):
            if field in call.entry:
                call.faulty |= self._checked(field, call, unit)
        world = unit.world
        try:
            each: Iterator[Each | None] = iter((None,))
            if call.repeated:
                each = items(call, Scope(world, faulty=call.faulty), unit.places)
            for one in each:
                step = (key, one.key if one is not None else None)
                enabled = is_enabled(call, Scope(world, one, faulty=call.faulty), unit.places) and world.enabled
                call.instances[step[1]] = ModuleInstance((*world.modules, step), one, enabled)
            call.broken = False
        except Broken:
            pass
        return call

    def _checked(self, field: str, call: Call, unit: Unit) -> frozenset[str]:
        """The templates in a field of the engine that have a mistake, which is reported."""
        each = ("each",) if call.repeated and field != "for_each" else ()
        leaves = leaves_of(cast("Value", call.entry[field]), (field,))
        site = Site((*AT_PLAN, *each), f"`{field}`", field=field)
        return unit.check.check(leaves, site, _reporting(unit, call.path, call.address))

    def _file(self, call: Call, unit: Unit, chain: tuple[str, ...]) -> ModuleFile | None:
        reader, path = unit.reader, (*call.path, "source")
        if "source" not in call.entry:
            help = (f"write:  {call.key}: {{source: ./modules/{call.key}}}",)
            reader.at_key(Fault("field-missing", "a module has a `source`", "", help), call.path, call.address)
            return None
        source = reader.text(call.entry["source"], path)
        if source is None:
            return None
        try:
            file = self._files.open(source, reader.document.home(call.path)[0].source.file)
            if file.name in chain:
                way = " -> ".join((*chain[chain.index(file.name) :], file.name))
                raise Fault("module-cycle", f"a module cannot contain itself: {way}", "remove it")
            return file
        except Fault as fault:
            reader.at_value(fault, path, call.address)
            return None

    def _unit(self, call: Call, instance: ModuleInstance, file: ModuleFile, user: Unit) -> Unit:
        given = give(call, instance, file, user)
        self._later += given.later
        stack, structure, here = self._stack.world, file.structure, user.world
        shown = structure.documents.file
        world = replace(
            here,
            variables=given.variables,
            given=given.passed,
            locals=structure.locals,
            path={**stack.path, "file": shown, "module": posixpath.dirname(file.name) or "."},
            declarations=declare(structure, file.reader, instance.modules),
            modules=instance.modules,
            enabled=instance.enabled,
            calls=None,
            stack_itself=stack,
        )
        places = Places(file.reader, self._stack.reader.document)
        unit = Unit(structure, world, places, self._providers, self._stack)
        unit.locals.check_cycles()
        unit.check_locals()
        unit.evaluate_early_locals()
        outputs: dict[str, PassedValue] = {}
        for name, raw in structure.outputs.items():
            outputs[name] = self._output(name, raw, unit, instance)
        instance.outputs = outputs
        return unit

    def _output(self, name: str, raw: Raw, unit: Unit, instance: ModuleInstance) -> PassedValue:
        tree, sensitive = output_entry(name, raw, unit.reader)
        path: Path = ("outputs", name, "value")
        address = f"{instance.address}: outputs.{name}"
        named = f"output {name} of {instance.address}"
        passed = PassedValue(named, tree, unit.world, lambda value: taken(value, sensitive=sensitive))
        report = _reporting(unit, path, address)

        def settle() -> None:
            passed.faulty = unit.check.check(leaves_of(tree), Site(LOCAL, "outputs"), report)
            try:
                passed.value(Scope(unit.world))
            except Fault as fault:
                report(fault, ())
                passed.broken = True
            except Broken:
                passed.broken = True

        self._later.append(settle)
        return passed


def _reporting(unit: Unit, at: Path, address: str) -> Report:
    return lambda fault, path: unit.reader.at_value(fault, (*at, *path), address)
