"""The way from a stackfile's text to a Configuration. All mistakes of a file are told at once."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from stackfile.address import Address
from stackfile.language.by_name import depend_by_name
from stackfile.language.configuration import BoundStackfile
from stackfile.language.declare import declare
from stackfile.language.documents import Documents
from stackfile.language.environments import Environment, choose
from stackfile.language.evaluate import evaluate_known
from stackfile.language.findings import Fault, Findings
from stackfile.language.handover import Declared, HandoverReader
from stackfile.language.include import read_documents
from stackfile.language.leaves import leaves_of
from stackfile.language.module_file import ModuleFiles
from stackfile.language.modules import Expansion
from stackfile.language.moved import Handover
from stackfile.language.names import STATIC, Site
from stackfile.language.outputs import read_outputs
from stackfile.language.places import Places
from stackfile.language.providers import Providers
from stackfile.language.reader import Reader
from stackfile.language.requires import refuse_other_version
from stackfile.language.resolve import Bound
from stackfile.language.scope import Scope, World
from stackfile.language.secrets import secret_texts
from stackfile.language.source import Raw
from stackfile.language.stackfile import Catalog, Configuration, Inputs, ProviderUse, Resource
from stackfile.language.structure import Structure, read_outline
from stackfile.language.template import Templates
from stackfile.language.unit import Unit
from stackfile.language.variables import Broken, read_variables
from stackfile.language.yamltext import collector_off, read_document, read_values
from stackfile.values import Path, Value

__all__ = ["Connectable", "environment_of", "load", "load_providers", "read_structure", "read_values"]


@dataclass(frozen=True, slots=True)
class Connectable:
    """The providers of a stackfile, with the secrets that are known by now."""

    env: str
    uses: Mapping[str, ProviderUse]
    secrets: Sequence[str]


def read_structure(text: bytes, file: str) -> Structure:
    """The outline of a stackfile, without what it includes, for whoever needs its name and nothing more.

    Raises DiagnosticError.
    """
    findings = Findings()
    with collector_off():
        document = read_document(text, file, findings)
        refuse_other_version(document)
        structure = read_outline(Reader(Documents.of(document), findings))
    findings.raise_if_any()
    return structure


def environment_of(structure: Structure, given: str | None) -> Environment:
    """The environment that is meant by a name, or by none. Raises DiagnosticError."""
    return choose(structure.environments, given, Reader(structure.documents, Findings()))


def load(text: bytes, file: str, inputs: Inputs, catalog: Catalog) -> Configuration:
    """The stackfile with its names bound. Raises DiagnosticError with everything that is wrong with it."""
    findings = Findings()
    with collector_off():
        reader = Reader(read_documents(text, file, inputs, findings), findings)
        structure = read_outline(reader)
        loader = _Loader(structure, inputs, catalog, Places(reader))
        configuration = loader.load()
        findings.raise_if_any()
    return configuration


def load_providers(text: bytes, file: str, inputs: Inputs, catalog: Catalog, wanted: str | None) -> Connectable:
    """The providers alone, so that what is wrong with resources hinders nobody. `wanted` is taken into use where it is
    installed and has no entry. Raises DiagnosticError."""
    findings = Findings()
    reader = Reader(read_documents(text, file, inputs, findings), findings)
    structure = read_outline(reader)
    env = choose(structure.environments, inputs.env, reader).name
    uses = _Loader(structure, inputs, catalog, Places(reader)).load_providers(wanted)
    findings.raise_if_any()
    return Connectable(env, uses, findings.secrets)


class _Loader:
    def __init__(self, structure: Structure, inputs: Inputs, catalog: Catalog, places: Places) -> None:
        self._structure = structure
        self._inputs = inputs
        self._reader = reader = places.reader
        file = structure.documents.file
        environment = choose(structure.environments, inputs.env, reader)
        world = World(
            templates=Templates(),
            variables=read_variables(structure.variables, inputs, reader, structure.environments, environment),
            locals=structure.locals,
            environ=inputs.environ,
            stack={"name": structure.name, "env": environment.name, "run": inputs.run},
            protected=environment.protected,
            path={"root": posixpath.dirname(file) or ".", "file": file, "module": "."},
            read_file=inputs.read_file,
            declarations=declare(structure, reader),
        )
        for value in world.variables.values.values():
            reader.findings.hide(secret_texts(value))
        self._providers = Providers(catalog, world, places)
        world.providers = self._providers.visible
        self._stack = Unit(structure, world, places, self._providers)

    def load_providers(self, wanted: str | None = None) -> Mapping[str, ProviderUse]:
        stack, declared = self._stack, self._structure.providers
        stack.locals.check_cycles()
        self._providers.load(declared)
        stack.check_locals()
        stack.evaluate_first_locals()
        self._read_providers()
        if wanted is not None and wanted not in self._structure.services.values():
            self._use_installed(wanted)
        return self._providers.uses

    def _use_installed(self, wanted: str) -> None:
        if wanted in self._providers.installed:
            try:
                self._providers.use_installed(wanted, (), self._reader)
            except Fault as fault:
                self._reader.at_key(fault, ("providers",))

    def load(self) -> Configuration:
        stack = self._stack
        self.load_providers()
        stack.evaluate_early_locals()
        units = self._expand()
        resources: dict[Address, tuple[Resource, Bound]] = {}
        disabled: set[Address] = set()
        for unit in units:
            unit.bind(resources, disabled)
        depend_by_name(resources)
        lookups = {one.address: one for unit in units for one in unit.lookups()}
        outputs = read_outputs(self._structure.outputs, stack.references, self._reader)
        bound = BoundStackfile(units, self._providers.uses, resources, outputs, disabled)
        bound.lookups, bound.secret_key = lookups, self._structure.secret_key
        bound.handover = self._handover(bound, resources, disabled)
        bound.warnings = self._reader.findings.warnings()
        return bound

    def _handover(
        self, bound: BoundStackfile, resources: Collection[Address], disabled: Collection[Address]
    ) -> Handover:
        root = cast("Mapping[str, Raw]", self._structure.documents.root)
        declared = Declared(resources, disabled, bound.has_declaration)
        return HandoverReader(root, self._reader, declared, self._known).read()

    def _known(self, raw: Raw, path: Path) -> Value:
        """What must be known at plan and belongs to no resource. None where it is not, which is reported."""
        site, value = Site(STATIC, f"`{path[-1]}`"), cast("Value", raw)
        faulty = self._stack.check.check(leaves_of(value, path), site, self._reader.at_value)
        try:
            scope = Scope(self._stack.world, faulty=faulty)
            return evaluate_known(value, scope, path, self._reader.at_value)
        except Broken:
            return None

    def _expand(self) -> list[Unit]:
        """The stack itself and all modules in it, with every resource that is in them."""
        files = ModuleFiles(self._structure, self._inputs, self._reader.findings)
        expansion = Expansion(self._stack, files, self._providers)
        name = posixpath.basename(self._structure.documents.file)
        units = [self._stack, *expansion.expand(self._stack, (name,))]
        for unit in units:
            unit.expand()
        expansion.settle()
        for unit in units:
            unit.check_locals()
            unit.evaluate_locals()
        return units

    def _read_providers(self) -> None:
        faulty: frozenset[str] = frozenset()
        for name, entry in self._structure.providers.items():
            each = ("each",) if "for_each" in entry else ()

            def report(fault: Fault, path: Path, name: str = name) -> None:
                self._reader.at_value(fault, ("providers", name, *path), f"providers.{name}")

            for key, raw in entry.items():
                site = (
                    Site(STATIC, "`for_each`", field=key) if key == "for_each" else Site((*STATIC, *each), "providers")
                )
                faulty |= self._stack.check.check(leaves_of(cast("Value", raw), (key,)), site, report)
        self._providers.read_settings(self._structure.providers, faulty)
