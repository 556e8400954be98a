"""Asks a service for its catalogue, at the one provider instance that is meant."""

from __future__ import annotations

from typing import cast

from stackfile.engine.connections import Connections
from stackfile.engine.shelter import sheltered
from stackfile.errors import DiagnosticError
from stackfile.sdk.catalogue import Catalogue, KeepsCatalogue
from stackfile.spelling import guess


async def catalogue_of(connections: Connections, instance: str) -> Catalogue:
    """Raises DiagnosticError and ProviderError."""
    provider = await connections.provider(instance)
    with sheltered(instance, "catalogue"):
        return await cast(KeepsCatalogue, provider).catalogue()


def instances_to_ask(connections: Connections, wanted: str | None) -> dict[str, str]:
    """One instance for each service that is meant, by service: all that keep a catalogue, the one of a name, or of a
    type. Raises DiagnosticError."""
    services = {name: use.service for name, use in sorted(connections.uses.items())}
    if wanted in services:
        chosen = {wanted: services[wanted]}
    else:
        chosen = {name: service for name, service in services.items() if wanted in (None, service)}
    if not chosen and wanted is not None:
        help = guess(wanted, services, f"Providers of this stack: {', '.join(services)}")
        raise DiagnosticError.of("provider-unknown", f"no provider `{wanted}` in this stackfile", help)
    able = {name: one for name, one in chosen.items() if _keeps(connections, one)}
    if not able:
        raise _none(connections, wanted, list(services.values()))
    found: dict[str, str] = {}
    for name, service in able.items():
        if service in found:
            same = [one for one in able if able[one] == service]
            says = f"{len(same)} providers of this stack are of {service}, which has one catalogue: {', '.join(same)}"
            raise DiagnosticError.of("provider-ambiguous", says, f"Say which to ask: stack providers sync {same[0]}")
        found[service] = name
    return found


def _keeps(connections: Connections, service: str) -> bool:
    return issubclass(connections.catalog.provider(service), KeepsCatalogue)


def _none(connections: Connections, wanted: str | None, services: list[str]) -> DiagnosticError:
    able = [service for service in dict.fromkeys(services) if _keeps(connections, service)]
    who = f"`{wanted}` has" if wanted is not None else "this stack's providers have"
    help = f"What has one: {', '.join(able)}" if able else "There is nothing to refresh: it knows all its kinds itself."
    return DiagnosticError.of("catalogue-none", f"{who} no catalogue that a service could refresh", help)
