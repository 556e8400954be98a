"""The options by which plan and apply are asked for another plan than the usual one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from stackfile.cli.selecting import patterns, question
from stackfile.plan.wishes import Wishes


def asking_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--target`, `--exclude`, `--replace`, `--resend`, `--refresh-only` and `--no-refresh`, handed over as one
    `asked`."""

    @functools.wraps(function)
    def gathered(*args: Any, **given: Any) -> Any:
        wishes = Wishes(given.pop("replace"), given.pop("resend"))
        only, copies = given.pop("refresh_only"), given.pop("no_refresh")
        destroy = bool(given.get("destroy"))
        _check(wishes, destroy=destroy, refresh_only=only, no_refresh=copies)
        selection = (given.pop("target"), given.pop("exclude"))
        asked = question(*selection, destroy=destroy, wishes=wishes, refresh_only=only, reads=not copies)
        return function(*args, asked=asked, **given)

    for option in (
        click.option("--no-refresh", is_flag=True, help="Trust the state's copies of what is live; ask no service."),
        click.option("--refresh-only", is_flag=True,
                     help="Change nothing live: take into the state what is live."),
        click.option("--resend", multiple=True, callback=patterns, metavar="ADDRESS",
                     help="Send this again, though nothing differs: its secrets, or all of it."),
        click.option("--replace", multiple=True, callback=patterns, metavar="ADDRESS",
                     help="Delete this and make it anew."),
    ):  # fmt: skip
        gathered = option(gathered)
    return gathered


def _check(wishes: Wishes, *, destroy: bool, refresh_only: bool, no_refresh: bool) -> None:
    ctx = click.get_current_context()
    if destroy and wishes != Wishes():
        raise click.UsageError("--destroy deletes: it goes with neither --replace nor --resend", ctx)
    if refresh_only and (destroy or no_refresh or wishes != Wishes()):
        others = "--destroy, --replace, --resend and --no-refresh"
        raise click.UsageError(f"--refresh-only changes nothing: it goes with none of {others}", ctx)
