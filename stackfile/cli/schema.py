"""stack schema: the stackfile's JSON Schema, for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options

if TYPE_CHECKING:
    from stackfile.language.json_schema import Chosen
    from stackfile.registry import Registry


@stack_command
def schema(options: Options) -> None:
    """Print the JSON Schema (draft-07) of the stackfile, with the providers' kinds and connectors.

    Beside a stackfile it knows the names of its providers and what its defaults give. Save it and name it in the first
    line of the stackfile:  # yaml-language-server: $schema=./stackfile.schema.json
    """
    from stackfile.cli.lock_file import registry_of
    from stackfile.language.json_schema import json_schema

    registry = registry_of(options)
    options.put(json.dumps(json_schema(registry, _chosen(options, registry)), indent=2))


def _chosen(options: Options, registry: Registry) -> Chosen:
    """What the stackfile says of its providers; without one, all that are installed, by their own names."""
    from stackfile.cli.session import open_outline
    from stackfile.language.json_schema import Chosen

    installed = registry.services()
    if not options.file.exists():
        return Chosen({service: (service,) for service in installed}, installed[0] if len(installed) == 1 else None)
    outline = open_outline(options)
    declared = {name: service for name, service in outline.services.items() if service in installed}
    names = {**{service: service for service in installed}, **declared}
    usual = outline.defaults.get("provider") or (next(iter(declared)) if len(declared) == 1 else None)
    return Chosen(
        {service: tuple(sorted(n for n, s in names.items() if s == service)) for service in installed},
        names.get(str(usual)),
        {section: frozenset(given) for section, given in outline.defaults.items() if isinstance(given, dict)},
    )
