"""What makes a function a command: the global options as its first argument, and the error edge around it.

@stack_command
@click.argument("address")
def show(options: Options, address: str) -> Exit | None:
    ...
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from stackfile.cli.edge import guard
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options, global_options, options_of, own_arguments, write_options

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])


class StackCommand(click.Command):
    """A command whose help shows the global options apart, and which may have options whose value can be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        bare = {name: param.bare for param in self.params if isinstance(param, _BareOption) for name in param.opts}
        end = args.index("--") if "--" in args else len(args)
        given = [f"{word}={bare[word]}" if word in bare else word for word in args[:end]]
        return super().parse_args(ctx, [*given, *args[end:]])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)


class _BareOption(click.Option):
    """`--watch` alone means `--watch=` and what `bare` says; a word behind it is an argument of the command."""

    def __init__(self, names: Sequence[str], bare: str, **settings: Any) -> None:
        super().__init__(names, **settings)
        self.bare = bare


def bare_option(name: str, bare: str, **settings: Any) -> Callable[[F], F]:
    """An option whose value stands behind a `=`, or is `bare` where the option stands alone."""
    return click.option(name, cls=_BareOption, bare=bare, **settings)


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
