"""What makes a function a command: the global options as its first argument, and the error edge around it.

@stack_command
@click.argument("address")
def show(options: Options, address: str) -> Exit | None:
    ...
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import click

from stackfile.cli.edge import guard
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options, global_options, options_of, own_arguments, write_options

P = ParamSpec("P")


class StackCommand(click.Command):
    """A command whose help shows the global options apart."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)


def stack_command(function: Callable[Concatenate[Options, P], Exit | None]) -> click.Command:
    """The function may raise whatever the edge knows how to tell; None means `Exit.DONE`. Its docstring is the help."""

    @functools.wraps(function)
    def invoke(**given: Any) -> Exit:
        options = options_of(click.get_current_context())
        call: Callable[..., Exit | None] = function

        def work() -> Exit | None:
            with contextlib.chdir(options.folder):
                return call(options, **own_arguments(given))

        return guard(options, work)

    command = click.command(cls=StackCommand)(invoke)
    command.params.extend(global_options())
    return command
