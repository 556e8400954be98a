"""Commands that are imported when they are typed: their names and one line of help come from the table."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import cast

import click
from click.shell_completion import CompletionItem

from stackfile import __version__
from stackfile.cli.commands import ROOT, Entry, Section
from stackfile.cli.edge import guard
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import global_options, options_before_parsing, write_options
from stackfile.spelling import closest


class LazyGroup(click.Group):
    """A group over a part of the table. Global options may stand before a command as well as after it."""

    def __init__(self, name: str, help: str, table: Mapping[str, Entry | Section]) -> None:
        super().__init__(name, help=help, params=list(global_options()), context_settings=CONTEXT)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        match self.table.get(cmd_name):
            case Section() as section:
                return LazyGroup(cmd_name, section.help, section.commands)
            case Entry() as entry:
                module, _, attribute = entry.target.partition(":")
                return cast(click.Command, getattr(importlib.import_module(module), attribute))
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in self.table or ctx.resilient_parsing or name.startswith("-"):
            return super().resolve_command(ctx, args)
        best = closest(name, self.table)
        hint = f"; did you mean `{ctx.command_path} {best}`?" if best is not None else ""
        raise click.UsageError(f"no command `{ctx.command_path} {name}`{hint}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [(name, entry) for name, entry in self.table.items() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(name, help=entry.help) for name, entry in named] + options

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])
        write_options(self, ctx, formatter)


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def root() -> LazyGroup:
    """`stack` itself."""
    group = LazyGroup("stack", "Plan, apply and run sources, destinations, pipelines and streams.", ROOT)
    group.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Print the version and exit.",
        )
    )
    return group


def _print_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"stackfile {__version__}")
        ctx.exit()


def answer(arguments: Sequence[str]) -> Exit:
    """Runs a command line to its exit code. Whatever goes wrong is told on the way."""
    for stream in (sys.stdout, sys.stderr):
        # A name in a file may hold what the terminal's encoding does not: print it escaped, never fail over it.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    options = options_before_parsing(arguments)
    return guard(options, lambda: root().main(list(arguments), prog_name="stack", standalone_mode=False))
