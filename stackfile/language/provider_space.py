"""Providers in an expression: their settings by name, and as themselves where a resource says who makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.template import Missing, Space, nothing_at
from stackfile.language.variables import Broken
from stackfile.values import Value


class ProviderSpace(Space):
    """One provider instance. `settings` are those that are no secrets, with what is not set."""

    __slots__ = ("name", "settings")

    def __init__(self, name: str, settings: Mapping[str, Value]) -> None:
        self.name = name
        self.settings = settings

    def get(self, step: object) -> Value:
        if isinstance(step, str) and step in self.settings:
            return self.settings[step]
        raise nothing_at(self.settings, step)

    def no_value(self) -> Fault:
        return _no_value(self.name)


class ProvidersSpace(Space):
    """A provider with `for_each`, before one of its instances is named.

    `instances` None: they are not known, not yet or, after a report, never.
    """

    __slots__ = ("instances", "name")

    def __init__(self, name: str, instances: Mapping[str, ProviderSpace] | None = None) -> None:
        self.name = name
        self.instances = instances

    def get(self, step: object) -> ProviderSpace:
        if self.instances is None:
            raise Broken
        instance = self.instances.get(str(step))
        if instance is None:
            raise missing_provider(self.name, str(step), self.instances)
        return instance

    def no_value(self) -> Fault:
        return _no_value(f"{self.name}[<instance>]")


def _no_value(name: str) -> Fault:
    return Fault("name-wrong", "a provider is not a value", f"write providers.{name}.<setting>")


def missing_provider(name: str, key: str, instances: Collection[str]) -> Missing:
    """What to say of a key that the `for_each` of a provider does not give."""
    says = f"providers.{name} has no instance `{key}`"
    known = f"instances: {listing(instances)}" if instances else "it has no instances now"
    return Missing(says, did_you_mean(key, instances), (known,), "instance-unknown")
