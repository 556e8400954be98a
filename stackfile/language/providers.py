"""Providers and kinds: the entries under `providers:`, and which of them a resource is made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from stackfile.errors import DiagnosticError
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_tree
from stackfile.language.expand import known
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.names import noun
from stackfile.language.normal import care_of, sealed
from stackfile.language.places import Places
from stackfile.language.problems import Subject, report_problems
from stackfile.language.reader import describe
from stackfile.language.scope import Scope, World
from stackfile.language.secrets import secret_texts
from stackfile.language.source import Raw
from stackfile.language.stackfile import Catalog, ProviderUse
from stackfile.sdk.provider import Kind, Provider
from stackfile.sdk.schema import Schema, schema_of
from stackfile.values import Path, Tree, Value


class Providers:
    """The provider instances of a stackfile: declared ones, and installed ones that a resource uses by their name."""

    def __init__(self, catalog: Catalog, world: World, places: Places) -> None:
        self._catalog = catalog
        self._world = world
        self._places = places
        self.uses: dict[str, ProviderUse] = {}
        self.visible: dict[str, Mapping[str, Value]] = {}
        self.types: dict[str, type[Provider[Any]]] = {}
        self.refused: set[str] = set()
        self._kinds: dict[tuple[str, str], Mapping[str, type[Kind[Any]]]] = {}
        self._schemas: dict[tuple[type[Kind[Any]], str | None], Schema] = {}

    def load(self, entries: Mapping[str, Mapping[str, Raw]]) -> None:
        """Loads the providers that are declared, so that their settings can be checked."""
        for name, entry in entries.items():
            service = str(entry.get("type", name))
            path: Path = ("providers", name, "type") if "type" in entry else ("providers", name)
            self._load(name, service, path)

    def read_settings(self, entries: Mapping[str, Mapping[str, Raw]], faulty: frozenset[str]) -> None:
        """Evaluates and checks the settings of all providers that were loaded."""
        for name in self.types:
            entry = {key: raw for key, raw in entries.get(name, {}).items() if key != "type"}
            self.uses[name] = self._use(name, cast("Tree", entry), faulty)

    def _load(self, name: str, service: str, path: Path) -> bool:
        try:
            self.types[name] = self._catalog.provider(service)
            return True
        except KeyError:
            self._places.reader.at_key(self._unknown(service), path)
        except DiagnosticError as error:
            span, source = self._places.document.key_place(path)
            placed = (one if one.span else replace(one, span=span, source=source) for one in error.diagnostics)
            self._places.reader.findings.extend(placed)
        self.refused.add(name)
        return False

    def _unknown(self, service: str) -> Fault:
        services = self._catalog.services()
        label = did_you_mean(service, services)
        return Fault("provider-unknown", f"no provider `{service}` is installed", label, _installed(services, label))

    def _use(self, name: str, entry: Tree, faulty: frozenset[str]) -> ProviderUse:
        path: Path = ("providers", name)
        reader = self._places.reader

        def report(fault: Fault, at: Path) -> None:
            reader.at_value(fault, (*path, *at), f"providers.{name}")

        schema = schema_of(self.types[name].settings)
        tree = cast("Tree", evaluate_tree(entry, Scope(self._world, faulty=faulty), (), report))
        reader.findings.hide(secret_texts(sealed(tree, care_of(schema))))
        settings, problems = schema.normalise(tree)
        report_problems(problems, Subject(self._places, path, f"providers.{name}", f"{self.types[name].name}"))
        care = care_of(schema)
        service = self.types[name].name
        span = reader.document.key_place(path)[0] if reader.document.depth(path) == 2 else None
        fields = schema.fields.values()
        self.visible[name] = {one.name: settings.get(one.name, one.default) for one in fields if not one.secret}
        return ProviderUse(name, service, sealed(settings, care) if care else settings, span)

    def choose(self, declaration: Declaration, instance: Instance) -> None:
        """Fills in who makes an instance and what kind of thing it is; reports where that cannot be told."""
        name = self._chosen(declaration, instance)
        if name is None:
            return
        use = self.uses[name]
        instance.provider, instance.service = name, use.service
        kind = self._kind(declaration, instance)
        if kind is not None:
            instance.kind = kind
            instance.schema = self._schema(kind, declaration, instance)

    def _chosen(self, declaration: Declaration, instance: Instance) -> str | None:
        """The name of a usable provider."""
        if "provider" not in declaration.entry:
            if len(self.uses) == 1 and not self.refused:
                return next(iter(self.uses))
            if not self.refused:
                self._report_key(self._unsaid(), declaration, ())
            return None
        name = declaration.entry["provider"]
        if declaration.templated:
            name = cast("Raw", known(declaration, "provider", self._scope(declaration, instance), self._places))
        if not isinstance(name, str):
            if name is not None or declaration.entry["provider"] is None:
                fault = Fault("type-wrong", f"`provider` takes the name of a provider, not {describe(name)}")
                self._report(fault, declaration, ("provider",))
            return None
        if name in self.uses or (name not in self.refused and self._use_installed(name, declaration)):
            return name
        return None

    def _unsaid(self) -> Fault:
        if self.uses:
            label = f"write provider: {next(iter(self.uses))}"
            return Fault("provider-missing", "no provider is chosen", label, (f"declared: {listing(self.uses)}",))
        services = self._catalog.services()
        one = "local" if "local" in services else next(iter(services), "...")
        write = f"write provider: {one}, or once for all resources:  defaults: {{provider: {one}}}"
        return Fault("provider-missing", "no provider is declared", "", (f"installed: {listing(services)}", write))

    def _use_installed(self, name: str, declaration: Declaration) -> bool:
        """Takes an installed provider that needs no settings into use."""
        services = self._catalog.services()
        if name not in services:
            names = (*self.uses, *services)
            label = did_you_mean(name, names)
            fault = Fault("provider-unknown", f"no provider `{name}`", label, _installed(services, label))
            self._report(fault, declaration, ("provider",))
            return False
        if not self._load(name, name, (*declaration.path, "provider")):
            return False
        missing = [field.name for field in schema_of(self.types[name].settings).fields.values() if field.required]
        if missing:
            help = (f"write:  providers: {{{name}: {{{missing[0]}: ...}}}}",)
            fault = Fault("provider-settings", f"{name} needs settings: {listing(missing)}", "", help)
            self._report(fault, declaration, ("provider",))
            self.refused.add(name)
            return False
        self.uses[name] = self._use(name, {}, frozenset())
        return True

    def _kind(self, declaration: Declaration, instance: Instance) -> type[Kind[Any]] | None:
        service, section = instance.service, declaration.section
        kinds = self._kinds.get((service, section))
        if kinds is None:
            kinds = self._kinds[service, section] = self._catalog.kinds(service, section)
        if section != "resources" and len(kinds) == 1:
            return next(iter(kinds.values()))
        if not kinds:
            message = f"{service} has no {section}"
            self._report_key(Fault("kind-unknown", message), declaration, ())
        elif "type" not in declaration.entry:
            help = (f"types of {service}: {listing(kinds)}",)
            self._report_key(Fault("field-missing", "`type` is required here", "", help), declaration, ())
        else:
            return self._typed_kind(declaration, instance, kinds)
        return None

    def _typed_kind(
        self, declaration: Declaration, instance: Instance, kinds: Mapping[str, type[Kind[Any]]]
    ) -> type[Kind[Any]] | None:
        name = known(declaration, "type", self._scope(declaration, instance), self._places)
        if isinstance(name, str) and name in kinds:
            return kinds[name]
        if name is not None:
            help = (f"types of {instance.service}: {listing(kinds)}",)
            message = f"{instance.service} has no resource of type `{name}`"
            fault = Fault("kind-unknown", message, did_you_mean(str(name), kinds), help)
            self._report(fault, declaration, ("type",))
        return None

    def _schema(self, kind: type[Kind[Any]], declaration: Declaration, instance: Instance) -> Schema | None:
        """The schema of the kind, or of the variant that `connector` selects."""
        connector: str | None = None
        if kind.variants:
            connector = self._connector(kind, declaration, instance)
            if connector is None:
                return None
        schema = self._schemas.get((kind, connector))
        if schema is None:
            model = kind.model if connector is None else kind.variants[connector]
            schema = self._schemas[kind, connector] = schema_of(model)
        return schema

    def _connector(self, kind: type[Kind[Any]], declaration: Declaration, instance: Instance) -> str | None:
        what = f"{instance.service} {noun(declaration.section)}"
        if "connector" not in declaration.entry:
            help = (f"connectors: {listing(kind.variants)}",)
            self._report_key(Fault("field-missing", "`connector` is required", "", help), declaration, ())
            return None
        name = known(declaration, "connector", self._scope(declaration, instance), self._places)
        if isinstance(name, str) and name in kind.variants:
            return name
        if name is not None:
            help = (f"connectors: {listing(kind.variants, 40)}",)
            label = did_you_mean(str(name), kind.variants)
            fault = Fault("connector-unknown", f"no {what} connector `{name}`", label, help)
            self._report(fault, declaration, ("connector",))
        return None

    def _scope(self, declaration: Declaration, instance: Instance) -> Scope:
        return Scope(self._world, instance.each, faulty=declaration.faulty)

    def _report(self, fault: Fault, declaration: Declaration, path: Path) -> None:
        self._places.report_value(fault, declaration.path, path, declaration.address)

    def _report_key(self, fault: Fault, declaration: Declaration, path: Path) -> None:
        self._places.report_key(fault, declaration.path, path, declaration.address)


def _installed(services: object, label: str) -> tuple[str, ...]:
    return () if label else (f"installed: {listing(cast('list[str]', services))}",)
