"""What becomes of a plan, by the options of `stack plan`: where it is kept, what it may do, how the command ends."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from stackfile.cli.selecting import permission_options
from stackfile.plan.guard import Allowances

FORMS: Final = ("text", "json", "markdown")


@dataclass(frozen=True, slots=True)
class Keeping:
    """`out` is the file; None: the plan is shown and not kept. `exit_tells`: the exit code says whether there are
    changes. `no_secrets`: secret variables may be without values.
    """

    out: Path | None = None
    allowed: Allowances = field(default_factory=Allowances)
    exit_tells: bool = False
    form: str = "text"
    """How it is shown: `FORMS`."""
    no_secrets: bool = False


def keeping_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--out`, `--allow`, `--max-deletes`, `--format`, `--detailed-exitcode` and `--no-secrets`, handed over as one
    `keeping`."""

    @functools.wraps(function)
    def gathered(*args: Any, **given: Any) -> Any:
        names = ("out", "allowed", "detailed_exitcode", "form", "no_secrets")
        keeping = Keeping(*[given.pop(name) for name in names])
        return function(*args, keeping=keeping, **given)

    out = click.option(
        "--out", type=click.Path(path_type=Path), metavar="FILE", help="Save the plan, for: stack apply FILE"
    )
    tells = click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
    without = click.option("--no-secrets", is_flag=True, help="Plan where secrets have no values; nothing to apply.")
    return out(permission_options(form_option(tells(without(gathered)))))


def form_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--format`, handed over as `form`."""
    help = "How to show the plan; markdown is for the comment of a pull request."
    return click.option("--format", "form", type=click.Choice(FORMS), default="text", help=help)(function)
