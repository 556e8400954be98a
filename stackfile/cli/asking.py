"""The options by which plan and apply are asked for more than what differs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from stackfile.cli.selecting import patterns
from stackfile.plan.wishes import Wishes


def wish_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--replace` and `--resend`, handed over as one `wishes`."""

    @functools.wraps(function)
    def gathered(*args: Any, **given: Any) -> Any:
        return function(*args, wishes=Wishes(given.pop("replace"), given.pop("resend")), **given)

    for option in (
        click.option("--resend", multiple=True, callback=patterns, metavar="ADDRESS",
                     help="Send this again, though nothing differs: its secrets, or all of it."),
        click.option("--replace", multiple=True, callback=patterns, metavar="ADDRESS",
                     help="Delete this and make it anew."),
    ):  # fmt: skip
        gathered = option(gathered)
    return gathered
