"""The stackfile with its names bound: what planning asks for desired trees, places and secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from stackfile.address import Address, Modules
from stackfile.errors import Diagnostic, Span
from stackfile.language.asked import value_asked_for
from stackfile.language.findings import Fault, Findings
from stackfile.language.moved import Handover
from stackfile.language.outputs import output_value
from stackfile.language.problems import Subject, report_problems
from stackfile.language.reader import Reader
from stackfile.language.resolve import Bound, desired, with_brought
from stackfile.language.secrets import secret_texts
from stackfile.language.stackfile import Attributes, KeySource, Lookup, Output, ProviderUse, Resource
from stackfile.language.unit import Unit
from stackfile.values import Path, Sensitive, Tree, Value, contains


class BoundStackfile:
    """Implements `Configuration`. Resolving may make secrets known; `secrets` holds all that are known so far."""

    def __init__(
        self,
        units: Sequence[Unit],
        providers: Mapping[str, ProviderUse],
        resources: Mapping[Address, tuple[Resource, Bound]],
        outputs: Mapping[str, Output],
        disabled: Set[Address],
    ) -> None:
        self._units = {unit.world.modules: unit for unit in units}
        self._stack = units[0]
        self._findings = self._stack.reader.findings
        world = self._stack.world
        self._bound = {address: bound for address, (_, bound) in resources.items()}
        self._disabled = disabled
        self.stack = str(world.stack["name"])
        self.env = str(world.stack["env"])
        self.protected = world.protected
        self.providers = providers
        self.resources: Mapping[Address, Resource] = {address: one for address, (one, _) in resources.items()}
        self.lookups: Mapping[Address, Lookup] = {}
        self.outputs = outputs
        self.handover = Handover()
        self.variables: Tree = world.variables.values
        self.warnings: tuple[Diagnostic, ...] = ()
        self.secret_key: KeySource | None = None

    @property
    def secrets(self) -> Sequence[str]:
        return self._findings.secrets

    def is_disabled(self, address: Address) -> bool:
        return address in self._disabled

    def has_declaration(self, address: Address) -> bool:
        unit = self._units.get(address.modules)
        return unit is not None and (address.section, address.key) in unit.world.declarations

    def has_module(self, modules: Modules) -> bool:
        return modules in self._units

    def span(self, resource: Resource, path: Path = ()) -> tuple[Span, str] | None:
        places = self._units[resource.address.modules].places
        return places.value(resource.path, path) if path else places.key(resource.path, path)

    def span_of_lookup(self, lookup: Lookup) -> tuple[Span, str]:
        return self._units[lookup.address.modules].places.value(lookup.path, ("existing",))

    def resolve(self, resource: Resource, attributes: Attributes, kept_name: str | None = None) -> dict[str, Value]:
        tree = self._resolved(resource, attributes, kept_name)
        return with_brought(resource.schema, tree, attributes) if resource.schema.brought else tree

    def _resolved(self, resource: Resource, attributes: Attributes, kept_name: str | None) -> dict[str, Value]:
        bound = self._bound[resource.address]
        if bound.normal is not None:
            return bound.finished(bound.normal, attributes, kept_name)
        findings = Findings()
        unit = self._units[resource.address.modules]
        places = replace(unit.places, reader=Reader(unit.reader.document, findings))

        def report(fault: Fault, path: Path) -> None:
            places.report_value(fault, resource.path, path, resource.address)

        now = desired(resource, bound, unit.world, attributes, kept_name, report)
        self._learn(now.written, findings)
        report_problems(now.problems, Subject(places, resource.path, str(resource.address), resource.service))
        findings.raise_if_any()
        return now.tree

    def resolve_output(self, output: Output, attributes: Attributes) -> Value:
        findings = Findings()
        reader = Reader(self._stack.reader.document, findings)

        def report(fault: Fault, path: Path) -> None:
            reader.at_value(fault, (*output.path, "value", *path), f"outputs.{output.name}")

        value = output_value(output, self._stack.world, attributes, report)
        self._learn(value, findings)
        findings.raise_if_any()
        return value

    def evaluate(self, text: str, attributes: Attributes) -> Value:
        findings = Findings()
        value = value_asked_for(text, self._stack.check, attributes, findings)
        self._learn(value, findings)
        findings.raise_if_any()
        return value

    def _learn(self, value: Value, findings: Findings) -> None:
        if contains(value, Sensitive):
            self._findings.hide(secret_texts(value))
        findings.hide(self.secrets)
