"""The options that plan, apply and destroy share: what a plan is about, and what it may do."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from stackfile.address import Address
from stackfile.cli.options import STACKFILE, Options
from stackfile.errors import DiagnosticError
from stackfile.plan.guard import Allowances
from stackfile.plan.question import Question
from stackfile.plan.select import Selection, matcher
from stackfile.plan.wishes import flags
from stackfile.portable.quantities import parse_duration
from stackfile.spelling import guess

F = TypeVar("F", bound=Callable[..., Any])

_LOSS: Final = "data_loss="
_MISSING: Final = "mass_missing="


def _permissions(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> tuple[str, ...]:
    for text in texts:
        try:
            if not text.startswith((_LOSS, _MISSING)):
                raise ValueError("only data_loss and mass_missing can be allowed")
            if text.startswith(_LOSS):
                matcher(text.removeprefix(_LOSS))
        except ValueError as error:
            says = f"{error}; write it as data_loss=ADDRESS or mass_missing=PROVIDER"
            raise click.BadParameter(says, ctx, param) from None
    return tuple(texts)


def _behind(prefix: str, texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.removeprefix(prefix) for text in texts if text.startswith(prefix))


def _seconds(ctx: click.Context, param: click.Parameter, text: str) -> float:
    try:
        return parse_duration(text) / 1000
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def lock_timeout(function: F) -> F:
    """`--lock-timeout` of a command that writes the state, in seconds."""
    help = "How long to wait for the lock, as 10m."
    return click.option("--lock-timeout", default="0s", callback=_seconds, metavar="TIME", help=help)(function)


def patterns(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> tuple[str, ...]:
    """Addresses and globs as typed, each of them one."""
    for text in texts:
        try:
            matcher(text)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None
    return tuple(texts)


def matching(patterns: Sequence[str], addresses: Collection[Address]) -> Collection[Address]:
    """The addresses that any pattern means; all of them without a pattern. Raises DiagnosticError where one means
    none."""
    found: dict[Address, None] = {}
    for pattern in patterns:
        matched = [address for address in addresses if matcher(pattern)(address)]
        if not matched:
            raise not_in_state(pattern, addresses)
        found |= dict.fromkeys(matched)
    return found if patterns else addresses


def not_in_state(address: str, addresses: Collection[Address]) -> DiagnosticError:
    help = guess(address, [str(one) for one in addresses], "all that it holds: stack state list")
    return DiagnosticError.of("address-unknown", f"the state holds no {address}", help)


def selection_options(function: F) -> F:
    """`--target` and `--exclude`."""
    exclude = click.option("--exclude", multiple=True, metavar="ADDRESS", help="Leave this out, and what needs it.")
    return click.option("--target", multiple=True, metavar="ADDRESS", help="Only this, and what it needs.")(
        exclude(function)
    )


def permission_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The answers to guards, handed over as one `allowed`."""

    @functools.wraps(function)
    def gathered(*args: Any, **given: Any) -> Any:
        allow = given.pop("allow")
        loss, missing = _behind(_LOSS, allow), _behind(_MISSING, allow)
        return function(*args, allowed=Allowances(loss, given.pop("max_deletes"), missing=missing), **given)

    for option in (
        click.option("--max-deletes", type=click.IntRange(0), metavar="N", help="Allow this many deletes."),
        click.option("--allow", multiple=True, callback=_permissions, metavar="data_loss=ADDRESS",
                     help="Allow this resource to lose data; or mass_missing=PROVIDER, that much of it is gone."),
    ):  # fmt: skip
        gathered = option(gathered)
    return gathered


@dataclass(frozen=True, slots=True)
class Walk:
    """What was asked of an apply on its command line. `lock_timeout` is in seconds."""

    allowed: Allowances
    yes: bool
    lock_timeout: float
    parallelism: int
    fail_fast: bool
    no_wait: bool
    allow_older_commit: bool


def guard_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The answers to guards and how to walk, handed over as one `walk`."""

    @permission_options
    @functools.wraps(function)
    def gathered(*args: Any, **given: Any) -> Any:
        names = ("yes", "lock_timeout", "parallelism", "fail_fast", "no_wait", "allow_older_commit")
        walk = Walk(given.pop("allowed"), **{name: given.pop(name) for name in names})
        return function(*args, walk=walk, **given)

    for option in (
        click.option("--fail-fast", is_flag=True, help="Start nothing more after a failure."),
        click.option("--allow-older-commit", is_flag=True, help="Apply a folder that is older than what runs."),
        click.option("--no-wait", is_flag=True, help="Do not wait until what was made is healthy."),
        click.option("--parallelism", type=click.IntRange(1, 256), default=10, show_default=True, metavar="N",
                     help="How many changes at once; waiting is none."),
        click.option("--lock-timeout", default="0s", callback=_seconds, metavar="TIME",
                     help="How long to wait for the lock, as 10m."),
        click.option("-y", "--yes", "--auto-approve", is_flag=True, help="Do not ask. Answers no guard."),
    ):  # fmt: skip
        gathered = option(gathered)
    return gathered


def question(target: Sequence[str], exclude: Sequence[str], **more: Any) -> Question:
    """`more` is what a Question has besides its selection."""
    return Question(Selection(tuple(target), tuple(exclude)), **more)


def command_line(options: Options, question: Question) -> str:
    """The command that applies a plan of this question, to be typed in the same folder.

    Values of `--var` are left out, as they may be secrets.
    """
    return shlex.join(["stack", "destroy" if question.destroy else "apply", *_given(options, question)])


def _given(options: Options, question: Question) -> Iterator[str]:
    yield from global_words(options)
    yield from flags_of(question)


def global_words(options: Options) -> Iterator[str]:
    """The global options as they were typed, for a command to be typed in the same folder; no value of `--var`."""
    if options.folder != Path():
        yield from ("-C", str(options.folder))
    if options.file != STACKFILE:
        yield from ("-f", str(options.file))
    if options.env is not None:
        yield from ("--env", options.env)
    for file in options.var_files:
        yield from ("--var-file", str(file))
    for name in dict.fromkeys(name for name, _ in options.variables):
        yield from ("--var", f"{name}=...")


def flags_of(question: Question) -> Iterator[str]:
    """The options that ask this question, without `--destroy`."""
    for address in question.selection.target:
        yield from ("--target", address)
    for address in question.selection.exclude:
        yield from ("--exclude", address)
    for pair in flags(question.wishes):
        yield from pair
    if question.refresh_only:
        yield "--refresh-only"
    if not question.reads:
        yield "--no-refresh"
