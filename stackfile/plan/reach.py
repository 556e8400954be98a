"""Which provider instances a plan needs: those of the stackfile, and those of the objects that the state has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import in_file_order
from stackfile.language.stackfile import Catalog, Configuration, ProviderUse
from stackfile.sdk.schema import schema_of
from stackfile.state.format import Record, State

_NAMED = 3
"""How many addresses a message names before it counts."""


def provider_uses(
    configuration: Configuration, state: State, catalog: Catalog, excluded: frozenset[str] = frozenset()
) -> Mapping[str, ProviderUse]:
    """Every instance by name; one that needs no settings may be gone from the file before its objects are.

    Raises DiagnosticError, naming them, for objects that the stackfile's providers cannot reach any more. `excluded`
    instances are not asked about.
    """
    uses = dict(configuration.providers)
    records: dict[tuple[str, str], list[Record]] = {}
    for record in state.objects:
        records.setdefault((record.provider, record.service), []).append(record)
    problems: list[Diagnostic] = []
    for (name, service), owned in sorted(records.items()):
        if name in excluded:
            continue
        if name not in uses and name == service and _needs_no_settings(service, catalog):
            uses[name] = ProviderUse(name, service, {})
        if name not in uses:
            problems.append(_gone(name, owned, f"`{name}` is no longer a provider of the stackfile"))
        elif uses[name].service != service:
            problems.append(_gone(name, owned, f"`{name}` is {uses[name].service} now, and was {service}"))
    if problems:
        raise DiagnosticError(problems)
    return uses


def providers_of(configuration: Configuration, state: State) -> dict[Address, str]:
    """The provider instance of every address, by the stackfile where it is declared."""
    recorded = {address: record.provider for address, record in state.records.items()}
    return recorded | {address: resource.provider for address, resource in configuration.resources.items()}


def _needs_no_settings(service: str, catalog: Catalog) -> bool:
    try:
        settings = catalog.provider(service).settings
    except KeyError:
        return False
    return not any(field.required for field in schema_of(settings).fields.values())


def _gone(name: str, owned: Iterable[Record], why: str) -> Diagnostic:
    addresses = in_file_order(record.address for record in owned)
    more = f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else ""
    named = ", ".join(map(str, addresses[:_NAMED])) + more
    return Diagnostic(
        "provider-gone",
        f"{why}, but the state has objects of it: {named}",
        help=(
            f"Put `{name}` back under providers: as it was, and take it out once its objects are deleted.",
            f"To plan without them: --exclude provider:{name}",
        ),
    )
