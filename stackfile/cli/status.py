"""stack status: how each resource fares now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.refresh import refresh
from stackfile.graph.build import in_file_order
from stackfile.plan.known import Known, key_of
from stackfile.report.status import StatusRow
from stackfile.sdk.operations import CanMeasure, Metrics
from stackfile.sdk.provider import Live
from stackfile.sdk.traits import Wait
from stackfile.state.format import Record


@stack_command
def status(options: Options) -> Exit:
    """Show how each resource in the state fares now. Exit 2 when one is not as it should be."""
    from stackfile.report.status import status_json, status_text

    desk = open_desk(options)
    rows = asyncio.run(_rows(desk))
    now = desk.stack.clock.now()
    options.put(json.dumps(status_json(rows, now), sort_keys=True) if options.json else status_text(rows, now))
    return Exit.DONE if all(row.well for row in rows) else Exit.DIFFERENCES


async def _rows(desk: Desk) -> list[StatusRow]:
    stack = desk.stack
    state = (await stack.store.read()).state or stack.empty_state()
    connections = stack.connections()
    try:
        observed = await refresh(stack.configuration, state, connections, stack.clock, frozenset())
        known = Known(state, observed, stack.catalog)
        rows: list[StatusRow] = []
        for address in in_file_order(state.records):
            record = state.records[address]
            live = known.live(record)
            kind = await connections.kind(*key_of(record))
            measured: Sequence[Metrics] = ()
            if live is not None and isinstance(kind, CanMeasure):
                measured = await kind.metrics([live])
            rows.append(_row(record, live, known, measured))
        return rows
    finally:
        await connections.close()


def _row(record: Record, live: Live | None, known: Known, measured: Sequence[Metrics]) -> StatusRow:
    kind = f"{record.service} {record.kind}"
    if live is None:
        return StatusRow(record.address, kind, there=False)
    health = known.kind(record).health(live)
    metrics = measured[0] if measured else Metrics(live.id, str(health.wait), health.wait is Wait.READY, says=(health.says,))
    return StatusRow(record.address, kind, metrics)
