"""The options that every command takes, before its name or after it, as one value."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import click

from stackfile.redact import Redactor

STACKFILE: Final = Path("stack.yaml")


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for besides the command itself. Paths are relative to the working folder, `-C` followed.

    `env` is None when neither `--env` nor STACK_ENV says one. `variables` are in the order given, the last of a name
    counts. `colour` and `ask` say what is allowed; whether it makes sense depends on the terminal. `no_secrets`: a
    sensitive variable may be without a value. `redactor` is told
    each secret of the run as soon as it is known.
    """

    file: Path = STACKFILE
    folder: Path = Path()
    env: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    var_files: tuple[Path, ...] = ()
    json: bool = False
    colour: bool = True
    verbose: int = 0
    ask: bool = True
    no_secrets: bool = False
    redactor: Redactor = field(default_factory=Redactor, compare=False)

    def coloured(self, stream: TextIO) -> bool:
        """Whether to write colour to a stream."""
        return self.colour and stream.isatty()

    @property
    def draws(self) -> bool:
        """Whether a terminal can be drawn on."""
        return os.environ.get("TERM") != "dumb"

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer a question."""
        return self.ask and sys.stdin.isatty() and sys.stderr.isatty()

    def put(self, text: str) -> None:
        """Data, to stdout, without the secrets of the run. Ends in one newline, whether the text has it or not."""
        print(self.redactor.mask(text).removesuffix("\n"), flush=True)

    def say(self, text: str) -> None:
        """Talk, to stderr, without the secrets of the run. Ends in one newline, whether the text has it or not."""
        print(self.redactor.mask(text).removesuffix("\n"), file=sys.stderr, flush=True)


class GlobalOption(click.Option):
    """An option of every command; help shows these apart."""


def _pairs(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = tuple((name, text) for name, _, text in (text.partition("=") for text in texts))
    if not all(name.isidentifier() and "=" in text for (name, _), text in zip(pairs, texts, strict=True)):
        # Not what was written: it may be a secret.
        raise click.BadParameter("write it as name=value, for example --var region=eu", ctx, param)
    return pairs


def global_options() -> Iterator[GlobalOption]:
    """A new set, for one command."""
    path = click.Path(path_type=Path)
    folder = click.Path(path_type=Path, exists=True, file_okay=False)
    several = {"multiple": True}
    yield _option("-f --file", "The stackfile. Default: stack.yaml.", metavar="FILE", type=path)
    yield _option("-C --chdir", "Work as if started in this folder.", metavar="FOLDER", type=folder)
    yield _option("--env", "The environment. Default: STACK_ENV.", metavar="NAME")
    yield _option("--var", "Set a variable; repeatable.", metavar="NAME=VALUE", callback=_pairs, **several)
    yield _option("--var-file", "Set the variables of a YAML file; repeatable.", metavar="FILE", type=path, **several)
    yield _option("--json", "Print JSON, for programs.", is_flag=True)
    yield _option("--no-color", "No colour; so does NO_COLOR.", is_flag=True)
    yield _option("--no-input", "Never ask; refuse instead.", is_flag=True)
    yield _option("-v --verbose", "Say more; -vv adds tracebacks.", count=True)


def _option(names: str, help: str, **settings: Any) -> GlobalOption:
    declared = names.split()
    # The underscore keeps the name apart from a command's own parameters.
    return GlobalOption([*declared, declared[-1].replace("--", "_").replace("-", "_")], help=help, **settings)


def own_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """A command's parameters without the global ones."""
    return {name: value for name, value in given.items() if not name.startswith("_")}


def options_of(ctx: click.Context) -> Options:
    """What a command line asks for: of an option given twice the one nearer to the end counts, lists add up."""
    given: list[dict[str, Any]] = []
    at: click.Context | None = ctx
    while at is not None:
        given.insert(0, at.params)
        at = at.parent

    def last(name: str) -> Any:
        return next((params[name] for params in reversed(given) if params.get(name) is not None), None)

    def each(name: str) -> tuple[Any, ...]:
        return tuple(value for params in given for value in params.get(name, ()))

    def ever(name: str) -> bool:
        return any(params.get(name) for params in given)

    return Options(
        file=last("_file") or STACKFILE,
        folder=last("_chdir") or Path(),
        env=last("_env") or os.environ.get("STACK_ENV") or None,
        variables=each("_var"),
        var_files=each("_var_file"),
        json=ever("_json"),
        colour=not ever("_no_color") and _may_colour(),
        verbose=sum(params.get("_verbose") or 0 for params in given),
        ask=not ever("_no_input"),
    )


def options_before_parsing(arguments: Sequence[str]) -> Options:
    """How to tell what is wrong with a command line itself."""
    return Options(
        json="--json" in arguments,
        colour="--no-color" not in arguments and _may_colour(),
        verbose=2 if "-vv" in arguments else 0,
    )


def _may_colour() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """The options part of a command's help: its own ones, then the global ones."""
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for param in command.get_params(ctx):
        if isinstance(param, click.Option) and (record := param.get_help_record(ctx)):
            (shared if isinstance(param, GlobalOption) else own).append(record)
    for title, records in (("Options", own), ("Global options", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
