"""What `stack status --json` prints: one object for each time that it was read. docs/status.md describes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from stackfile.report.json_values import encodable
from stackfile.report.moments import rfc3339
from stackfile.report.status import ConsumerRow, Status, StatusRow
from stackfile.sdk.measures import Measured, Unit
from stackfile.sdk.operations import Metrics

FORMAT: Final = "1.1"
"""The first number rises when something goes or means something else, the second when something comes."""


def status_json(status: Status) -> dict[str, Any]:
    """The tables for any JSON encoder."""
    return encodable(
        {
            "format_version": FORMAT,
            "read_at": rfc3339(status.at),
            "well": status.well,
            "resources": [_row(row) for row in status.rows],
            "consumers": [_consumer(row) for row in status.consumers],
            "notes": list(status.notes),
            "summaries": [
                {"provider": instance, "of": one.of, "measures": _measures(one.values)}
                for instance, one in status.summaries.items()
            ],
        }
    )


def _row(row: StatusRow) -> dict[str, Any]:
    metrics = row.metrics or Metrics(id="", state="", well=row.well)
    return {
        "address": str(row.address),
        "kind": row.kind,
        "id": metrics.id,
        "there": row.there,
        "held": row.held,
        "state": metrics.state,
        "well": row.well,
        "measures": _measures(metrics.values),
        "parts": [{"name": part.name, "state": part.state, "says": part.says} for part in metrics.parts],
        "says": [says for says in metrics.says if says],
    }


def _consumer(row: ConsumerRow) -> dict[str, Any]:
    return {"group": row.group, "stream": str(row.stream), "measures": _measures(row.values)}


def _measures(values: Iterable[Measured]) -> dict[str, Any]:
    return {one.name: _measured(one) for one in values}


def _measured(one: Measured) -> dict[str, Any]:
    value = one.value
    if one.unit is Unit.MOMENT and isinstance(value, int | float):
        value = rfc3339(datetime.fromtimestamp(value, UTC))
    total = {} if one.total is None else {"total": one.total}
    return {"value": value, "unit": str(one.unit), **total}
