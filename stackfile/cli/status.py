"""stack status: how each resource fares now."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.selecting import matching, patterns
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.connections import Connections
from stackfile.engine.refresh import refresh
from stackfile.graph.build import in_file_order
from stackfile.plan.holding import holds_of
from stackfile.plan.known import Known, key_of
from stackfile.plan.observed import KindKey
from stackfile.report.status import StatusRow
from stackfile.sdk.operations import CanMeasure, Metrics
from stackfile.sdk.provider import Live
from stackfile.sdk.traits import Wait
from stackfile.state.format import Record


@stack_command
@click.argument("addresses", metavar="[ADDRESS]...", nargs=-1, callback=patterns)
def status(options: Options, addresses: tuple[str, ...]) -> Exit:
    """Show how each resource in the state fares now, or those of the addresses. Exit 2 when one is not as it should
    be."""
    from stackfile.report.status import status_json, status_text

    desk = open_desk(options)
    rows, reached = loop.run(_rows(desk, addresses))
    now = desk.stack.clock.now()
    options.put(json.dumps(status_json(rows, now), sort_keys=True) if options.json else status_text(rows, now))
    if not reached:
        return Exit.FAILED
    return Exit.DONE if all(row.well for row in rows) else Exit.DIFFERENCES


async def _rows(desk: Desk, patterns: tuple[str, ...]) -> tuple[list[StatusRow], bool]:
    """A row for each record that is asked for, and whether every provider answered."""
    stack = desk.stack
    state = (await stack.store.read()).state or stack.empty_state()
    wanted = matching(patterns, state.records)
    connections = stack.connections(state)
    try:
        observed = await refresh(stack.configuration, state, connections, stack.clock, frozenset())
        known = Known(state, observed, stack.catalog)
        measured = await _measured(known, connections)
        held = holds_of(state, stack.clock.now()).active
        rows = [
            replace(_row(state.records[address], known, measured), held=address in held)
            for address in in_file_order(wanted)
        ]
        return rows, not observed.skipped
    finally:
        await connections.close()


async def _measured(known: Known, connections: Connections) -> dict[tuple[KindKey, str], Metrics]:
    """What the services say, asked once for each kind."""
    by_kind: dict[KindKey, list[Live]] = defaultdict(list)
    services = {record.provider: record.service for record in known.state.records.values()}
    for record in known.state.records.values():
        live = known.live(record)
        if live is not None:
            by_kind[key_of(record)].append(live)
    found: dict[tuple[KindKey, str], Metrics] = {}
    for (instance, section, name), lives in by_kind.items():
        kind = await connections.kind(instance, section, name)
        if issubclass(known.catalog.kinds(services[instance], section)[name], CanMeasure):
            said = await cast(CanMeasure, kind).metrics(lives)
            found |= {((instance, section, name), metrics.id): metrics for metrics in said}
    return found


def _row(record: Record, known: Known, measured: Mapping[tuple[KindKey, str], Metrics]) -> StatusRow:
    kind = f"{record.service} {record.kind}"
    for skipped in known.observed.skipped:
        if skipped.provider == record.provider:
            return StatusRow(record.address, kind, Metrics(record.id, "not reached", well=False, says=(skipped.says,)))
    live = known.live(record)
    if live is None:
        return StatusRow(record.address, kind, there=False)
    metrics = measured.get((key_of(record), record.id))
    if metrics is None:
        health = known.kind(record).health(live)
        says = (health.says,) if health.says else ()
        metrics = Metrics(live.id, str(health.wait), health.wait is Wait.READY, says=says)
    return StatusRow(record.address, kind, metrics)
