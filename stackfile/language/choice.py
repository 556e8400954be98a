"""Which provider makes a resource, and what kind of thing it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackfile.errors import Severity
from stackfile.language.declared import Declaration, Instance
from stackfile.language.evaluate import evaluate_resource
from stackfile.language.expand import known, not_known
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.names import noun
from stackfile.language.places import Places
from stackfile.language.provider_space import ProviderSpace, ProvidersSpace
from stackfile.language.providers import Providers, one_of
from stackfile.language.reader import describe
from stackfile.language.scope import Scope, World
from stackfile.language.source import Template
from stackfile.language.variables import Broken
from stackfile.sdk.provider import Kind
from stackfile.sdk.schema import Schema
from stackfile.values import Path, Sensitive, Unknown


class Choice:
    """Chooses for the resources of one document."""

    def __init__(self, providers: Providers, world: World, places: Places) -> None:
        self._providers = providers
        self._world = world
        self._places = places

    def choose(self, declaration: Declaration, instance: Instance) -> None:
        """Fills in who makes an instance and what kind of thing it is; reports where that cannot be told."""
        name = self._chosen(declaration, instance)
        if name is None:
            return
        use = self._providers.uses[name]
        instance.provider, instance.service = name, use.service
        kind = self._kind(declaration, instance)
        if kind is not None:
            instance.kind = kind
            instance.schema = self._schema(kind, declaration, instance)

    def _chosen(self, declaration: Declaration, instance: Instance) -> str | None:
        """The name of a usable provider."""
        providers = self._providers
        if "provider" not in declaration.entry:
            if len(providers.uses) == 1 and not providers.refused:
                return next(iter(providers.uses))
            if not providers.refused:
                self._report_key(providers.unsaid(), declaration, ())
            return None
        try:
            name = self._said(declaration, instance)
            path = (*declaration.path, "provider")
            if name in providers.uses:
                return name
            if name not in providers.refused and providers.use_installed(name, path, self._places.reader):
                return name
        except Fault as fault:
            self._report(fault, declaration, ("provider",))
        except Broken:
            pass
        return None

    def _said(self, declaration: Declaration, instance: Instance) -> str:
        """The name that the entry gives. Raises Fault and Broken."""
        found: object = declaration.entry["provider"]
        if isinstance(found, Template):
            found = evaluate_resource(found, self._scope_of_provider(declaration, instance))
        if isinstance(found, ProviderSpace):
            return found.name
        if isinstance(found, str):
            return found
        if isinstance(found, Unknown | Sensitive):
            raise not_known("provider", found)
        if isinstance(found, ProvidersSpace):
            raise one_of(found)
        raise Fault("type-wrong", f"`provider` takes the name of a provider, not {describe(found)}")

    def _kind(self, declaration: Declaration, instance: Instance) -> type[Kind[Any]] | None:
        service, section = instance.service, declaration.section
        kinds = self._providers.kinds(service, section)
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
        if kind.variants and not (declaration.is_lookup and "connector" not in declaration.entry):
            connector = self._connector(kind, declaration, instance)
            if connector is None:
                return None
        return self._providers.schema(kind, connector)

    def _connector(self, kind: type[Kind[Any]], declaration: Declaration, instance: Instance) -> str | None:
        what = f"{instance.service} {noun(declaration.section)}"
        if "connector" not in declaration.entry:
            help = (f"connectors: {listing(kind.variants)}",)
            self._report_key(Fault("field-missing", "`connector` is required", "", help), declaration, ())
            return None
        name = known(declaration, "connector", self._scope(declaration, instance), self._places)
        if isinstance(name, str) and name in kind.variants:
            return name
        if name is None:
            return None
        label = did_you_mean(str(name), kind.variants)
        if isinstance(name, str) and kind.others is not None and not label:
            self._report(self._unlisted(name, what, kind, instance.service), declaration, ("connector",))
            return name
        fault = Fault(
            "connector-unknown",
            f"no {what} connector `{name}`",
            label,
            (f"connectors: {listing(kind.variants, 40)}",),
        )
        self._report(fault, declaration, ("connector",))
        return None

    def _unlisted(self, name: str, what: str, kind: type[Kind[Any]], service: str) -> Fault:
        ways = ["It is sent as it is written, and the service decides."]
        if self._providers.keeps_catalogue(service):
            ways.append(f"to know what the service has now: stack providers sync {service}")
        message = f"`{name}` is no {what} connector that is known here: its keys are not checked"
        ways.append(f"known: {listing(kind.variants, 40)}")
        return Fault("connector-unlisted", message, "", tuple(ways), severity=Severity.WARNING)

    def _scope(self, declaration: Declaration, instance: Instance) -> Scope:
        return Scope(self._world, instance.each, faulty=declaration.faulty)

    def _scope_of_provider(self, declaration: Declaration, instance: Instance) -> Scope:
        world = self._world if declaration.own_provider else self._world.stack_itself or self._world
        return Scope(world, instance.each, faulty=declaration.faulty)

    def _report(self, fault: Fault, declaration: Declaration, path: Path) -> None:
        self._places.report_value(fault, declaration.path, path, declaration.address)

    def _report_key(self, fault: Fault, declaration: Declaration, path: Path) -> None:
        self._places.report_key(fault, declaration.path, path, declaration.address)
