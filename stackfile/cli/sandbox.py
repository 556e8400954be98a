"""stack sandbox: a provider's service, simulated on this machine, to try things without an account."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options

if TYPE_CHECKING:
    from stackfile.testing.simulator.faults import Faults
    from stackfile.testing.simulator.service import Simulator
    from stackfile.testing.simulator.weather import Call

_CHANCE: Final = 0.1
_LATE_LISTS: Final = 2
_PER_SECOND: Final = 10


@stack_command
@click.argument("name")
@click.option("--port", default=7071, show_default=True, type=click.IntRange(0, 65535), help="0 is any that is free.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[=N]", help="Let it fail so; repeatable. See above.")
@click.option("--seed", default=0, show_default=True, metavar="N", help="Other ids, and other requests that fail.")
@click.option("--latency", default=0.0, metavar="MS", type=click.FloatRange(0), help="Milliseconds before each answer.")
def sandbox(options: Options, name: str, port: int, faults: tuple[str, ...], seed: int, latency: float) -> Exit | None:
    """Serve a provider's simulated service on this machine until Ctrl-C or SIGTERM; nothing is kept.

    What it prints goes into a stackfile. The name is the provider's, for example streamkap.

    Faults meet one request in ten, or the share N of them (--fault lost=0.3): refused, throttled, throttled-silently,
    error-before, error-after, lost, gateway, empty, expired. Faults of lists: late-lists (a change is seen N listings
    later), list-repeats, list-skips. Requests beyond rate-limit=N in a second are throttled. With -v each is told.
    """
    from stackfile.testing.installed import expect_extra, simulator_named

    expect_extra()
    weather = _faults(faults, seed, latency / 1000)
    make = simulator_named(name)

    from stackfile.engine.clock import SystemClock
    from stackfile.testing.simulator import Conditions
    from stackfile.testing.simulator.serving import serve

    simulator = make(Conditions(SystemClock(), seed, weather))
    if options.verbose:
        simulator.calls.heard = lambda call: options.say(_line(call))
    serve(simulator, port, lambda url: _tell(options, simulator, url))
    return None


def _tell(options: Options, simulator: Simulator, url: str) -> None:
    import json

    settings = simulator.settings(url)
    if options.json:
        told = {"type": "serving", "provider": simulator.name, "url": url, "settings": settings}
        options.put(json.dumps(told, sort_keys=True))
        return
    options.say(f"The sandbox of {simulator.name} is at {url}. In a stackfile:")
    lines = [f"    {name}: {json.dumps(value)}" for name, value in settings.items()]
    options.put("\n".join(["providers:", f"  {simulator.name}:", *lines]))
    options.say("Ctrl-C ends it; nothing is kept.")


def _faults(given: Sequence[str], seed: int, latency: float) -> Faults:
    from stackfile.testing.simulator.faults import Fault, Faults, Paging

    chances: dict[Fault, float] = {}
    late_lists, per_second, paging = 0, 0, Paging.EXACT
    known = [*Fault, "late-lists", "rate-limit", Paging.REPEATS, Paging.SKIPS]
    for text in given:
        name, _, number = text.partition("=")
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise _wrong(f"no fault {name!r}{f'; did you mean {near[0]}?' if near else ''}")
        if name == "late-lists":
            late_lists = int(_number(text, number or str(_LATE_LISTS), most=1000))
        elif name == "rate-limit":
            per_second = int(_number(text, number or str(_PER_SECOND), most=100_000))
        elif name in (Paging.REPEATS, Paging.SKIPS):
            paging = Paging(name)
        else:
            chances[Fault(name)] = _number(text, number or str(_CHANCE), most=1)
    if sum(chances.values()) > 1:
        raise _wrong("the faults together would meet more requests than there are: let their N be 1 in all")
    return Faults(seed, chances, latency, per_second, late_lists=late_lists, paging=paging)


def _wrong(says: str) -> click.UsageError:
    return click.UsageError(says, click.get_current_context())


def _line(call: Call) -> str:
    answer = "no answer" if call.status is None else str(call.status)
    return f"{call.method} {call.path}: {answer}{f' ({call.fault})' if call.fault is not None else ''}"


def _number(fault: str, text: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise _wrong(f"--fault {fault}: N is a number from 0 to {most:g}")
    return number
