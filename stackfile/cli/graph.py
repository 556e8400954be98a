"""stack graph: what depends on what."""

from __future__ import annotations

import click

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options


@stack_command
@click.option("--format", "language", type=click.Choice(["dot", "mermaid"]), default="dot", show_default=True,
              help="The language to print.")  # fmt: skip
def graph(options: Options, language: str) -> None:
    """Print what depends on what, by the stackfile."""
    from stackfile.cli.session import open_desk
    from stackfile.plan.planner import resource_graph
    from stackfile.report.graph import dot, mermaid

    desk = open_desk(options)
    found = resource_graph(desk.configuration, desk.stack.empty_state(), destroy=False)
    resources, lookups = desk.configuration.resources, desk.configuration.lookups
    edges = [(address, (*found.desired[address], *resources[address].lookups)) for address in found.order]
    edges += [(address, ()) for address in lookups]
    options.put(dot(edges, lookups) if language == "dot" else mermaid(edges, lookups))
