"""The way from a stackfile's text to a Configuration. All mistakes of a file are told at once."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from stackfile.address import SECTIONS, Address
from stackfile.language.bind import Binder
from stackfile.language.choice import Choice
from stackfile.language.configuration import BoundStackfile
from stackfile.language.declare import ENGINE_KEYS, declare
from stackfile.language.declared import Declaration
from stackfile.language.documents import Documents
from stackfile.language.environments import Environment, choose
from stackfile.language.evaluate import evaluate_known
from stackfile.language.expand import expand
from stackfile.language.findings import Fault, Findings
from stackfile.language.handover import Declared, HandoverReader
from stackfile.language.include import read_documents
from stackfile.language.leaves import Leaf, leaves_of
from stackfile.language.locals import Locals
from stackfile.language.moved import Handover
from stackfile.language.names import LOCAL, STATIC, NameCheck, Site
from stackfile.language.outputs import read_outputs
from stackfile.language.places import Places
from stackfile.language.providers import Providers
from stackfile.language.reader import Reader
from stackfile.language.references import References
from stackfile.language.requires import refuse_other_version
from stackfile.language.resolve import Bound
from stackfile.language.scope import Scope, World
from stackfile.language.secrets import secret_texts
from stackfile.language.source import Raw
from stackfile.language.stackfile import Catalog, Configuration, Inputs, Resource
from stackfile.language.structure import Structure, read_outline
from stackfile.language.template import NAMES, Templates
from stackfile.language.variables import Broken, read_variables
from stackfile.language.yamltext import collector_off, read_document, read_values
from stackfile.values import Path, Value

__all__ = ["environment_of", "load", "read_structure", "read_values"]

_WITHOUT_EACH = tuple(name for name in NAMES if name != "each")
_ENGINE = ("var", "local", "env", "stack", "path", "providers")
"""What `for_each` and the like may use: all that is known at plan."""


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


class _Loader:
    def __init__(self, structure: Structure, inputs: Inputs, catalog: Catalog, places: Places) -> None:
        self._structure = structure
        self._places = places
        self._reader = reader = places.reader
        file = structure.documents.file
        environment = choose(structure.environments, inputs.env, reader)
        self._world = world = World(
            templates=Templates(),
            variables=read_variables(structure.variables, inputs, reader, structure.environments, environment),
            locals=structure.locals,
            environ=inputs.environ,
            stack={"name": structure.name, "env": environment.name, "run": inputs.run},
            protected=environment.protected,
            path={"root": posixpath.dirname(file) or ".", "file": file},
            read_file=inputs.read_file,
            declarations=declare(structure, reader),
        )
        for value in world.variables.values.values():
            reader.findings.hide(secret_texts(value))
        self._locals = Locals(world, reader)
        world.local_value = self._locals.value
        self._providers = Providers(catalog, world, places)
        self._choice = Choice(self._providers, world, places)
        world.providers = self._providers.visible
        providers = self._providers
        self._check = NameCheck(world, self._locals, structure.documents, providers.types, providers.refused)

    def load(self) -> Configuration:
        structure = self._structure
        self._locals.check_cycles()
        self._providers.load(structure.providers)
        self._check_locals()
        self._locals.evaluate(self._report_local, without=("providers", *SECTIONS))
        self._read_providers()
        self._locals.evaluate(self._report_local, without=SECTIONS)
        for declaration in self._world.declarations.values():
            self._expand(declaration)
        self._check_locals()
        self._locals.evaluate(self._report_local)
        references = References(self._check)
        binder = Binder(self._world, references, self._places)
        resources: dict[Address, tuple[Resource, Bound]] = {}
        disabled: set[Address] = set()
        for declaration in self._world.declarations.values():
            self._bind(declaration, binder, resources, disabled)
        binder.finish()
        outputs = read_outputs(structure.outputs, references, self._reader)
        bound = BoundStackfile(self._check, self._places, self._providers.uses, resources, outputs, disabled)
        bound.handover = self._handover(resources, disabled)
        return bound

    def _handover(self, resources: Collection[Address], disabled: Collection[Address]) -> Handover:
        declarations = self._world.declarations

        def is_declared(address: Address) -> bool:
            return not address.modules and (address.section, address.key) in declarations

        root = cast("Mapping[str, Raw]", self._structure.documents.root)
        declared = Declared(resources, disabled, is_declared)
        return HandoverReader(root, self._reader, declared, self._known).read()

    def _known(self, raw: Raw, path: Path) -> Value:
        """What must be known at plan and belongs to no resource. None where it is not, which is reported."""
        site, value = Site(STATIC, f"`{path[-1]}`"), cast("Value", raw)
        faulty = self._check.check(leaves_of(value, path), site, self._reader.at_value)
        try:
            return evaluate_known(value, Scope(self._world, faulty=faulty), path, self._reader.at_value)
        except Broken:
            return None

    def _check_locals(self) -> None:
        """Checks the names in locals; again when the instances of resources are known."""
        site = Site(LOCAL, "locals")
        broken: set[str] = set()
        faulty: frozenset[str] = frozenset()
        for name, raw in self._structure.locals.items():
            if self._reader.document.has_templates(raw) and name not in self._locals.broken:

                def report(fault: Fault, path: Path, name: str = name) -> None:
                    self._reader.at_value(fault, ("locals", name, *path), f"locals.{name}")
                    broken.add(name)

                faulty |= self._check.check(leaves_of(cast("Value", raw)), site, report)
        self._locals.refuse(faulty, broken)

    def _report_local(self, fault: Fault, path: Path) -> None:
        self._reader.at_value(fault, path, f"locals.{path[1]}")

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
                faulty |= self._check.check(leaves_of(cast("Value", raw), (key,)), site, report)
        self._providers.read_settings(self._structure.providers, faulty)

    def _expand(self, declaration: Declaration) -> None:
        """Finds the instances of a declaration, and what makes each of them."""
        if declaration.templated:
            self._check_engine_keys(declaration)
        expand(declaration, self._world, self._places)
        for instance in declaration.instances.values():
            self._choice.choose(declaration, instance)

    def _check_engine_keys(self, declaration: Declaration) -> None:
        each = ("each",) if "for_each" in declaration.entry else ()
        for key in (*sorted(ENGINE_KEYS - {"depends_on"}), "type", "connector"):
            if key in declaration.entry:
                roots = _ENGINE if key == "for_each" else (*_ENGINE, *each)
                self._check_key(key, roots, declaration)

    def _check_key(self, key: str, roots: tuple[str, ...], declaration: Declaration) -> None:
        leaves = leaves_of(cast("Value", declaration.entry[key]), (key,))
        self._check_leaves(leaves, roots, declaration, key)

    def _check_leaves(
        self, leaves: Sequence[Leaf], roots: tuple[str, ...], declaration: Declaration, key: str = ""
    ) -> None:
        if not leaves:
            return
        address = None if declaration.repeated else declaration.address

        def report(fault: Fault, path: Path) -> None:
            self._places.report_value(fault, declaration.path, path, declaration.address)

        declaration.faulty |= self._check.check(
            leaves, Site(roots, f"`{key}`" if key else "a resource", address, key), report
        )

    def _bind(
        self,
        declaration: Declaration,
        binder: Binder,
        resources: dict[Address, tuple[Resource, Bound]],
        disabled: set[Address],
    ) -> None:
        if declaration.templated:
            roots = NAMES if declaration.repeated else _WITHOUT_EACH
            declaration.leaves = leaves_of(declaration.body)
            self._check_leaves(declaration.leaves, roots, declaration)
            if "depends_on" in declaration.entry:
                self._check_key("depends_on", roots, declaration)
        disabled.update(one.address for one in declaration.instances.values() if not one.enabled)
        for resource, bound in binder.bind_all(declaration):
            if declaration.instances[resource.address.instance].enabled:
                resources[resource.address] = (resource, bound)
