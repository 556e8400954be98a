"""stack providers sync: what services say of their connectors, kept beside the stackfile for everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.lock_file import lock_path, read_lock_beside
from stackfile.cli.options import Options

if TYPE_CHECKING:
    from stackfile.engine.connections import Connections
    from stackfile.report.catalogues import ConnectorChange
    from stackfile.sdk.catalogue import Catalogue, KeepsCatalogue

    Changes = Mapping[str, tuple[ConnectorChange, ...]]


@stack_command
@click.argument("provider", required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 2 where the lock is behind the service.")
def sync(options: Options, provider: str | None, check: bool) -> Exit:
    """Refresh the connectors and keys that a provider knows of, from its service, into stack.lock.

    The lock stands beside the stackfile, for all environments. Commit it: then a laptop and CI check and plan the same,
    and neither asks the service. Without PROVIDER, all of the stack that keep a catalogue.
    """
    from stackfile.cli import loop
    from stackfile.cli.session import open_providers
    from stackfile.report.catalogues import compared

    connections = open_providers(options, provider)
    fetched = loop.run(_fetch(connections, provider))
    changes = {service: compared(_known(connections, service), new) for service, new in fetched.items()}
    written = not check and _keep(options, fetched, changes)
    _tell(options, changes, written)
    return Exit.DIFFERENCES if check and any(changes.values()) else Exit.DONE


async def _fetch(connections: Connections, provider: str | None) -> dict[str, Catalogue]:
    from stackfile.engine.catalogues import catalogue_of, instances_to_ask

    try:
        asked = instances_to_ask(connections, provider)
        return {service: await catalogue_of(connections, instance) for service, instance in asked.items()}
    finally:
        await connections.close()


def _known(connections: Connections, service: str) -> Catalogue:
    return cast("type[KeepsCatalogue]", connections.catalog.provider(service)).known()


def _keep(
    options: Options, fetched: Mapping[str, Catalogue], changes: Mapping[str, tuple[ConnectorChange, ...]]
) -> bool:
    """Whether anything had to be written. What the lock says of other providers stays."""
    from stackfile.cli.writing import write_whole
    from stackfile.language.lockfile import lock_text

    lock = read_lock_beside(options)
    before = lock.catalogues if lock is not None else {}
    text = lock_text({**before, **{name: one for name, one in fetched.items() if changes[name] or name not in before}})
    if lock is not None and lock.text == text:
        return False
    write_whole(lock_path(options), text.encode())
    return True


def _tell(options: Options, changes: Changes, written: bool) -> None:
    from stackfile.report.catalogues import changes_json, changes_text

    file = lock_path(options)
    if options.json:
        told: dict[str, Any] = {"format_version": "1.0", "lock": str(file), "written": written}
        told["providers"] = [changes_json(service, found) for service, found in changes.items()]
        options.put(json.dumps(told, sort_keys=True))
        return
    options.put("\n".join(changes_text(service, found) for service, found in changes.items()))
    if written:
        options.say(f"{file} is written. Commit it, so that everybody plans by it.")
