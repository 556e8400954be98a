"""Rates between two looks: what rose meanwhile, a second."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace

from stackfile.report.status import Status
from stackfile.sdk.measures import Measured


def with_rates(before: Status, now: Status) -> Status:
    """`now`, with every rate that has a total told from what the total was `before`.

    A total that fell began anew, and one that was not there before says nothing: there the service's own rate stays.
    """
    seconds = (now.at - before.at).total_seconds()
    if seconds <= 0:
        return now
    then = _totals(before)

    def told(key: Hashable, values: tuple[Measured, ...]) -> tuple[Measured, ...]:
        return tuple(_told(one, then.get((key, one.name)), seconds) for one in values)

    rows = [
        replace(row, metrics=replace(row.metrics, values=told(str(row.address), row.values))) if row.metrics else row
        for row in now.rows
    ]
    consumers = [replace(one, values=told((one.group, str(one.stream)), one.values)) for one in now.consumers]
    return replace(now, rows=rows, consumers=consumers)


def _totals(status: Status) -> Mapping[Hashable, int]:
    keyed: list[tuple[Hashable, tuple[Measured, ...]]] = [(str(row.address), row.values) for row in status.rows]
    keyed += [((one.group, str(one.stream)), one.values) for one in status.consumers]
    return {(key, one.name): one.total for key, values in keyed for one in values if one.total is not None}


def _told(one: Measured, before: int | None, seconds: float) -> Measured:
    if one.total is None or before is None or one.total < before:
        return one
    return replace(one, value=(one.total - before) / seconds)
