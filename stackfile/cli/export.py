"""stack export: the stackfile and the imports for what is there already."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options


def _expression(ctx: click.Context, param: click.Parameter, text: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text is not None else None
    except re.error as error:
        raise click.BadParameter(f"no regular expression: {error}", ctx, param) from None


@stack_command
@click.option("--provider", metavar="NAME", help="Only this provider of the stackfile; or, without one, of this type.")
@click.option("--select", multiple=True, metavar="PATTERN", help="Only these: streams.*, or a glob of their names.")
@click.option("--match", callback=_expression, metavar="REGEX", help="Only those with such a name.")
@click.option("--all", "managed", is_flag=True, help="Also what this stack manages already.")
@click.option("--format", "language", type=click.Choice(["stackfile", "terraform"]), default="stackfile",
              help="As a stackfile, or as Terraform's import blocks.")  # fmt: skip
@click.option(
    "--out-dir", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to; else this folder."
)
def export(options: Options, /, language: str, out_dir: Path | None, **choice: Any) -> None:
    """Write a stackfile, and imports.yaml beside it, for objects that are there already. Secrets become variables.

    After `stack apply` of the two nothing is left to plan. Files that are there are not overwritten. With --format
    terraform, imports.tf instead, from which `terraform plan -generate-config-out=generated.tf` writes the rest.
    """
    from stackfile.cli.exporting import Choice, carry_out, leave

    work = carry_out if language == "stackfile" else leave
    work(options, Choice(**choice), out_dir or options.file.parent)
