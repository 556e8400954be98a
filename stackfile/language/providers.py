"""Providers and kinds: the entries under `providers:`, and which of them a resource is made by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from stackfile.address import print_step
from stackfile.errors import DiagnosticError
from stackfile.language.evaluate import evaluate_tree
from stackfile.language.expand import items
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.normal import care_of, sealed
from stackfile.language.places import Places
from stackfile.language.problems import Subject, report_problems
from stackfile.language.provider_space import ProviderSpace, ProvidersSpace, missing_provider
from stackfile.language.reader import Reader
from stackfile.language.scope import Scope, World
from stackfile.language.secrets import secret_texts
from stackfile.language.source import Raw
from stackfile.language.stackfile import Catalog, Each, ProviderUse
from stackfile.language.template import Space
from stackfile.language.variables import Broken
from stackfile.sdk.catalogue import KeepsCatalogue
from stackfile.sdk.provider import Kind, Provider
from stackfile.sdk.schema import Schema, schema_of, variant_of
from stackfile.values import Path, Tree, Value

_ENGINE_KEYS = ("type", "for_each")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry under `providers:`."""

    name: str
    entry: Mapping[str, Raw]
    faulty: frozenset[str]

    @property
    def path(self) -> Path:
        return ("providers", self.name)

    @property
    def address(self) -> str:
        return f"providers.{self.name}"


class Providers:
    """The provider instances of a stackfile: declared ones, and installed ones that a resource uses by their name."""

    def __init__(self, catalog: Catalog, world: World, places: Places) -> None:
        self._catalog = catalog
        self._world = world
        self._places = places
        self.uses: dict[str, ProviderUse] = {}
        self.visible: dict[str, Space] = {}
        """What expressions see, by the name that is declared."""
        self.types: dict[str, type[Provider[Any]]] = {}
        self.refused: set[str] = set()
        self._kinds: dict[tuple[str, str], Mapping[str, type[Kind[Any]]]] = {}
        self._schemas: dict[tuple[type[Kind[Any]], str | None], Schema] = {}

    @property
    def installed(self) -> Sequence[str]:
        return self._catalog.services()

    def load(self, entries: Mapping[str, Mapping[str, Raw]]) -> None:
        """Loads the providers that are declared, so that their settings can be checked."""
        for name, entry in entries.items():
            service = str(entry.get("type", name))
            path: Path = ("providers", name, "type") if "type" in entry else ("providers", name)
            if "for_each" in entry:
                self.visible[name] = ProvidersSpace(name)
            self._load(name, service, path, self._places.reader)

    def read_settings(self, entries: Mapping[str, Mapping[str, Raw]], faulty: frozenset[str]) -> None:
        """Evaluates and checks the settings of all providers that were loaded."""
        for name in self.types:
            entry = _Entry(name, entries.get(name, {}), faulty)
            if "for_each" in entry.entry:
                self._repeat(entry)
            else:
                self.visible[name] = self._use(entry, None)

    def _repeat(self, entry: _Entry) -> None:
        """Takes the instances of a provider with `for_each` into use."""
        instances: dict[str, ProviderSpace] = {}
        try:
            for each in items(entry, Scope(self._world, faulty=entry.faulty), self._places):
                instances[each.key] = self._use(entry, each)
        except Broken:
            self.refused.add(entry.name)
            return
        self.visible[entry.name] = ProvidersSpace(entry.name, instances)

    def _load(self, name: str, service: str, path: Path, reader: Reader) -> bool:
        try:
            self.types[name] = self._catalog.provider(service)
            return True
        except KeyError:
            reader.at_key(self._unknown(service), path)
        except DiagnosticError as error:
            span, source = reader.document.key_place(path)
            placed = (one if one.span else replace(one, span=span, source=source) for one in error.diagnostics)
            reader.findings.extend(placed)
        self.refused.add(name)
        return False

    def _unknown(self, service: str) -> Fault:
        services = self._catalog.services()
        label = did_you_mean(service, services)
        return Fault("provider-unknown", f"no provider `{service}` is installed", label, _installed(services, label))

    def _use(self, entry: _Entry, each: Each | None) -> ProviderSpace:
        """Takes one instance into use."""
        path, reader, type_ = entry.path, self._places.reader, self.types[entry.name]
        name = print_step(entry.name, each.key if each is not None else None)
        address = f"providers.{name}"

        def report(fault: Fault, at: Path) -> None:
            reader.at_value(fault, (*path, *at), address)

        schema = schema_of(type_.settings)
        written = cast("Tree", {key: raw for key, raw in entry.entry.items() if key not in _ENGINE_KEYS})
        tree = cast("Tree", evaluate_tree(written, Scope(self._world, each, faulty=entry.faulty), (), report))
        tree = {**_from_environment(schema, self._world), **tree}
        reader.findings.hide(secret_texts(sealed(tree, care_of(schema))))
        settings, problems = schema.normalise(tree)
        report_problems(problems, Subject(self._places, path, address, f"{type_.name}"))
        care = care_of(schema)
        span = reader.document.key_place(path)[0] if reader.document.depth(path) == 2 else None
        self.uses[name] = ProviderUse(name, type_.name, sealed(settings, care) if care else settings, span)
        fields = schema.fields.values()
        return ProviderSpace(name, {one.name: settings.get(one.name, one.default) for one in fields if not one.secret})

    def unsaid(self) -> Fault:
        if self.uses:
            label = f"write provider: {next(iter(self.uses))}"
            return Fault("provider-missing", "no provider is chosen", label, (f"declared: {listing(self.uses)}",))
        services = self._catalog.services()
        one = "local" if "local" in services else next(iter(services), "...")
        write = f"write provider: {one}, or once for all resources:  defaults: {{provider: {one}}}"
        return Fault("provider-missing", "no provider is declared", "", (f"installed: {listing(services)}", write))

    def use_installed(self, name: str, path: Path, reader: Reader) -> bool:
        """Takes an installed provider that needs no settings into use; `path` names it. Raises Fault and Broken."""
        self._refuse_instances(name)
        services = self._catalog.services()
        if name not in services:
            names = (*self.uses, *services)
            label = did_you_mean(name, names)
            raise Fault("provider-unknown", f"no provider `{name}`", label, _installed(services, label))
        if not self._load(name, name, path, reader):
            return False
        schema = schema_of(self.types[name].settings)
        there = _from_environment(schema, self._world)
        missing = [field.name for field in schema.fields.values() if field.required and field.name not in there]
        if missing:
            spoken = [named for one in missing if (named := schema.fields[one].from_env)]
            elsewhere = (f"or set {' and '.join(spoken)} in the environment",) if spoken else ()
            help = (f"write:  providers: {{{name}: {{{missing[0]}: ...}}}}", *elsewhere)
            self.refused.add(name)
            raise Fault("provider-settings", f"{name} needs settings: {listing(missing)}", "", help)
        self.visible[name] = self._use(_Entry(name, {}, frozenset()), None)
        return True

    def _refuse_instances(self, name: str) -> None:
        """Raises Fault, or Broken, where a name is that of a provider with `for_each`, or one of its instances."""
        key, bracket, rest = name.partition("[")
        space = self.visible.get(key)
        if not isinstance(space, ProvidersSpace):
            return
        if space.instances is None:
            raise Broken
        if not bracket:
            raise one_of(space)
        missing = missing_provider(key, rest.removesuffix("]"), space.instances)
        raise Fault(missing.code, missing.message, missing.label, missing.help)

    def keeps_catalogue(self, service: str) -> bool:
        """Whether the connectors that are known of a service can be refreshed."""
        return issubclass(self._catalog.provider(service), KeepsCatalogue)

    def kinds(self, service: str, section: str) -> Mapping[str, type[Kind[Any]]]:
        kinds = self._kinds.get((service, section))
        if kinds is None:
            kinds = self._kinds[service, section] = self._catalog.kinds(service, section)
        return kinds

    def schema(self, kind: type[Kind[Any]], connector: str | None) -> Schema:
        """Of the kind, or of the variant that a connector selects."""
        schema = self._schemas.get((kind, connector))
        if schema is None:
            model = kind.model if connector is None else variant_of(kind, connector)
            schema = self._schemas[kind, connector] = schema_of(model)
        return schema


def _from_environment(schema: Schema, world: World) -> dict[str, Value]:
    """The settings that the environment gives where the stackfile does not."""
    named = {field.name: field.from_env for field in schema.fields.values() if field.from_env is not None}
    return {name: world.environ[variable] for name, variable in named.items() if variable in world.environ}


def one_of(space: ProvidersSpace) -> Fault:
    """For a provider with `for_each` where one of its instances is wanted."""
    keys = list(space.instances or ())
    write = f"write {print_step(space.name, keys[0])}" if keys else ""
    help = (f'for the instance of the same key:  provider: "{{{{ providers.{space.name}[each.key] }}}}"',)
    return Fault("provider-instance", f"`provider` takes one instance of {space.name}", write, help)


def _installed(services: object, label: str) -> tuple[str, ...]:
    return () if label else (f"installed: {listing(cast('list[str]', services))}",)
