"""Finds providers by name and loads only those that a stackfile names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stackfile.errors import DiagnosticError
from stackfile.language.lockfile import Lock
from stackfile.sdk.catalogue import CatalogueWrong, KeepsCatalogue
from stackfile.sdk.provider import Kind, Provider

GROUP = "stackfile.providers"

BUNDLED: Mapping[str, str] = {
    "local": "stackfile_local:Local",
    "planasonix": "stackfile_planasonix:Planasonix",
    "redpanda_connect": "stackfile_redpanda_connect:RedpandaConnect",
    "streamkap": "stackfile_streamkap:Streamkap",
}
"""Providers of this distribution, by what their entry points say: reading all entry points costs 0.1 s."""


def no_lock() -> Lock | None:
    """Where no stackfile is looked at: providers go by what they come with."""
    return None


class Registry:
    """The `Catalog` of installed providers. The lock is read when a provider that keeps a catalogue is loaded."""

    def __init__(self, lock: Callable[[], Lock | None] = no_lock) -> None:
        self._lock = lock
        self._loaded: dict[str, type[Provider[Any]]] = {}
        self._kinds: dict[tuple[str, str], Mapping[str, type[Kind[Any]]]] = {}

    def services(self) -> Sequence[str]:
        return sorted({*BUNDLED, *_entry_points()})

    def provider(self, service: str) -> type[Provider[Any]]:
        """Raises KeyError for an unknown provider, DiagnosticError for one that does not load, or a lock that is
        damaged."""
        if service not in self._loaded:
            target = BUNDLED.get(service)
            found = _load(service, target if target is not None else _entry_points()[service])
            self._loaded[service] = self._with_catalogue(service, found)
        return self._loaded[service]

    def _with_catalogue(self, service: str, found: type[Provider[Any]]) -> type[Provider[Any]]:
        lock = self._lock() if issubclass(found, KeepsCatalogue) else None
        if lock is None or service not in lock.catalogues or not issubclass(found, KeepsCatalogue):
            return found
        try:
            return found.with_catalogue(lock.catalogues[service])
        except CatalogueWrong as error:
            raise lock.wrong(service, error) from None

    def kinds(self, service: str, section: str) -> Mapping[str, type[Kind[Any]]]:
        key = (service, section)
        if key not in self._kinds:
            kinds = self.provider(service).kind_types
            self._kinds[key] = {kind.name: kind for kind in kinds if kind.section == section}
        return self._kinds[key]


def _entry_points() -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=GROUP)}


def _load(service: str, target: str) -> type[Provider[Any]]:
    module, _, attribute = target.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        says = f"provider `{service}` does not load from {target}: {error}"
        help = f"Install it again: pip install --force-reinstall {module}"
        raise DiagnosticError.of("provider-broken", says, help) from error
    if not (isinstance(found, type) and issubclass(found, Provider)):
        raise DiagnosticError.of("provider-broken", f"provider `{service}`: {target} is not a Provider")
    return found
