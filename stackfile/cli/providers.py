"""stack providers: what the installed providers offer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError
from stackfile.spelling import guess

if TYPE_CHECKING:
    from stackfile.registry import Registry
    from stackfile.report.kinds import Offer


@stack_command
@click.argument("provider", required=False)
def list_providers(options: Options, provider: str | None) -> None:
    """List the kinds and connectors of all installed providers, or of one."""
    from stackfile.cli.lock_file import registry_of
    from stackfile.report.kinds import offers_json, offers_text

    registry = registry_of(options)
    services = registry.services() if provider is None else [_installed(registry, provider)]
    offers = [offer for service in services for offer in _offers(registry, service)]
    options.put(json.dumps(offers_json(offers), sort_keys=True) if options.json else offers_text(offers))


@stack_command
@click.argument("provider")
@click.argument("kind", required=False)
def show_provider(options: Options, provider: str, kind: str | None) -> None:
    """Show the fields of a kind or connector, as KIND or SECTION.KIND; without one, what there is.

    Where a stack.lock stands beside the stackfile, connectors and keys are as it has them.
    """
    from stackfile.cli.lock_file import registry_of
    from stackfile.report.kinds import offer_text, offers_json, offers_text

    registry = registry_of(options)
    offers = list(_offers(registry, _installed(registry, provider)))
    found = offers if kind is None else [one for one in offers if kind in (one.name, f"{one.section}.{one.name}")]
    if not found and kind is not None:
        raise _unknown("kind", kind, _names(offers, kind), f"stack providers list {provider}")
    if options.json:
        options.put(json.dumps(offers_json(found), sort_keys=True))
        return
    options.put(offers_text(found) if kind is None else "\n\n".join(map(offer_text, found)))


def _names(offers: list[Offer], wanted: str) -> list[str]:
    return [f"{one.section}.{one.name}" if "." in wanted else one.name for one in offers]


def _installed(registry: Registry, provider: str) -> str:
    if provider not in registry.services():
        raise _unknown("provider", provider, list(registry.services()), "stack providers list")
    return provider


def _offers(registry: Registry, service: str) -> Iterator[Offer]:
    from stackfile.address import SECTIONS
    from stackfile.report.kinds import Offer
    from stackfile.sdk.schema import schema_of

    for section in SECTIONS:
        for kind in registry.kinds(service, section).values():
            for name, model in (kind.variants or {kind.name: kind.model}).items():
                yield Offer(service, section, name, schema_of(model))


def _unknown(what: str, name: str, known: list[str], command: str) -> DiagnosticError:
    return DiagnosticError.of(f"{what}-unknown", f"no {what} `{name}`", guess(name, known, f"all of them: {command}"))
