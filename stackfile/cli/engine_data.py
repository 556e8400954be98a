"""stack engine check and mend: whether the data of an engine are whole, and what to do where they are not."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stackfile.cli.command import stack_command
from stackfile.cli.engine import ENGINE
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.errors import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from stackfile.sdk.operations import CanMend, Mending, Soundness

_DATA = click.option(
    "--data", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The engine's folder."
)


@stack_command
@_DATA
def check(options: Options, data: Path) -> Exit | None:
    """Read every event and every table of an engine, and say what is damaged. It may be served meanwhile."""
    from stackfile.engine.clock import SystemClock

    found = _provider().check(Path.cwd() / data, SystemClock())
    if options.json:
        options.put(_line(found))
    elif found.whole:
        options.put(f"The engine in {data} is whole: {_count(found)} were read.")
    if found.whole:
        return None
    help = f"To go on without what cannot be read: stack engine mend --data {shlex.quote(str(data))}"
    raise DiagnosticError([Diagnostic("engine-damaged", says, help=(help,)) for says in (*found.lost, *found.amiss)])


@stack_command
@_DATA
def mend(options: Options, data: Path) -> Exit | None:
    """Make an engine's database anew of all that can be read of it. The damaged one is kept beside it.

    What is lost is told by stream and offsets. Nothing else may use the engine meanwhile.
    """
    from stackfile.engine.clock import SystemClock

    mended = _provider().mend(Path.cwd() / data, SystemClock())
    options.put(_line(mended.found) if options.json else _text(data, mended))
    return None


def _provider() -> type[CanMend]:
    from stackfile.registry import Registry
    from stackfile.sdk.operations import CanMend

    provider = Registry().provider(ENGINE)
    if not issubclass(provider, CanMend):
        raise DiagnosticError.of("provider-broken", f"provider `{ENGINE}` has no engine to look into")
    return provider


def _text(data: Path, mended: Mending) -> str:
    found = mended.found
    if mended.kept is None:
        return f"The engine in {data} is whole: {_count(found)} were read. Nothing was changed."
    told = [f"  {says}" for says in (*found.lost, *mended.gone)]
    return "\n".join(
        [
            f"The engine in {data} goes on with what could be read: {_count(found)}.",
            *(["Lost:", *told] if told else []),
            f"The damaged data are kept in {data / mended.kept.name}",
        ]
    )


def _count(found: Soundness) -> str:
    events = f"{found.events:,} event{'s' if found.events != 1 else ''}"
    return f"{events} of {found.streams} stream{'s' if found.streams != 1 else ''}"


def _line(found: Soundness) -> str:
    import json

    told = {"streams": found.streams, "events": found.events, "lost": found.lost, "amiss": found.amiss}
    return json.dumps({"type": "engine_check", "whole": found.whole, **told}, sort_keys=True)
