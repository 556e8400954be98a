"""How streams fare: what the engine's counters say of one, and what of it is not connected, and why.

`active` says nothing of connections, so both are asked of each stream. Only the innermost components are counted, so
that what goes through a broker or a switch is the sum of what is in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from stackfile.sdk.measures import Measured, Unit, known, rate
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Live
from stackfile_redpanda_connect.engine import Connection, Engine

RUNNING: Final = "running"
_STATES: Final = {RUNNING: "active", "finished": "finished", "unreadable": "active"}
_NOT_CONNECTED: Final = "NOT CONNECTED"
_UNREADABLE: Final = "the engine cannot show its config: what others change is not seen"
_BESIDE: Final = ("label", "meta", "processors", "type")
"""Keys of a component that are not its name."""
_PARTS: Final = re.compile(r"([a-z_]+)\{")
_ERRORS: Final = ("output_error", "processor_error", "input_connection_failed", "output_connection_failed")


async def measured(engine: Engine, streams: Sequence[tuple[Live, Mapping[str, Any]]]) -> Sequence[Metrics]:
    """One entry a stream, which comes with its whole config: it names the components."""
    now = engine.client.clock.now()

    async def of(live: Live, config: Mapping[str, Any]) -> Metrics:
        runs = live.fields.get("status") != "finished"
        stats, connections = await asyncio.gather(engine.stats(live.id), engine.ready(live.id) if runs else _nothing())
        return fares(live, stats, not_connected(connections, config), now)

    return await asyncio.gather(*(of(live, config) for live, config in streams))


def fares(live: Live, stats: Mapping[str, Any], troubles: Sequence[str], now: datetime) -> Metrics:
    """`troubles` are lines about what is not connected."""
    status = str(live.fields.get("status") or RUNNING)
    since = None if live.created_at is None else max(0, int((now - live.created_at).total_seconds()))
    sent = _sum(stats, "output_sent")
    values = known(
        rate(None, sent),
        Measured("received", _sum(stats, "input_received"), Unit.EVENTS),
        Measured("sent", sent, Unit.EVENTS),
        Measured("errors", _sum(stats, *_ERRORS)),
        Measured("since", since, Unit.SECONDS),
    )
    says = (*troubles, *([_UNREADABLE] if status == "unreadable" else []))
    state = _NOT_CONNECTED if troubles else _STATES.get(status, status)
    return Metrics(live.id, state, not says, values, says)


def not_connected(connections: Sequence[Connection], config: Mapping[str, Any]) -> tuple[str, ...]:
    """`output kafka_franz: dial tcp: connection refused`, for each that is not."""
    return tuple(
        f"{component(one, config)}: {one.error or 'not connected yet'}" for one in connections if not one.is_connected
    )


def component(connection: Connection, config: Mapping[str, Any]) -> str:
    """What an input or output is called: side and kind, and where it is one of several its label or place."""
    side, *steps = connection.path.split(".")
    at: Any = config.get(side)
    for step in steps:
        at = _within(at, step)
    kind = _kind(at)
    place = f" {connection.label}" if connection.label else f" {'.'.join(steps)}" if steps else ""
    return f"{side} {kind}{place and f' ({place.strip()})'}" if kind else f"{side}{place}"


def _kind(component: Any) -> str:
    if not isinstance(component, Mapping):
        return ""
    typed = component.get("type")
    return typed if isinstance(typed, str) else next((str(key) for key in component if key not in _BESIDE), "")


def _within(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[int(step)] if isinstance(value, list) and step.isdecimal() and int(step) < len(value) else None


def _sum(stats: Mapping[str, Any], *names: str) -> int | None:
    """Of a counter over all components; None where the engine tells nothing of the stream."""
    if not stats:
        return None
    counted = ((_PARTS.match(key), value) for key, value in stats.items())
    return sum(int(value) for name, value in counted if name is not None and name[1] in names and _is_number(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def _nothing() -> tuple[Connection, ...]:
    return ()
