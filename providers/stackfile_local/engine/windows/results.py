"""What an aggregate gives: events that are the same, their ids too, whenever they are computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from stackfile.portable.fields import FieldPath, print_field
from stackfile.portable.models import Aggregate
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.events import Event
from stackfile_local.engine.runtime import Failed
from stackfile_local.engine.windows.accumulators import Accumulator, Layout
from stackfile_local.engine.windows.groups import Group, value_of
from stackfile_local.engine.windows.held import Closed
from stackfile_local.engine.windows.times import EVENT_ID, EVENT_TIME, carried, time_text

Result: TypeAlias = tuple[Event, str]
"""An event, and why it is broken: empty where it is not."""


@dataclass(frozen=True, slots=True)
class Results:
    """Of the aggregate with this number in this pipeline."""

    pipeline: str
    number: int
    aggregate: Aggregate
    layout: Layout

    def of_windows(self, closed: Iterable[Closed]) -> Iterator[Result]:
        bounds: tuple[int, int] = (0, 0)
        texts: dict[str, Any] = {}
        for start, end, group, held in closed:
            if not texts or bounds != (start, end):
                bounds = (start, end)
                texts = {"windowStart": time_text(start), "windowEnd": time_text(end)}
            yield self._result(dict(texts), group, held, (end - 1, str(start)))

    def of_events(self, results: Iterable[tuple[int, Group, Accumulator]], events: Sequence[Event]) -> Iterator[Result]:
        for number, group, held in results:
            _, _, headers, timestamp, partition, offset = events[number]
            yield self._result({}, group, held, (carried(headers, timestamp), f"{partition}:{offset}"))

    def _result(self, value: dict[str, Any], group: Group, held: Accumulator, about: tuple[int, str]) -> Result:
        time, place = about
        by = self.aggregate.by
        groups = [value_of(group)] if len(by) == 1 else [value_of(each) for each in group]
        for (path, _), each in zip(by, groups, strict=True):
            _put(value, path, each)
        broken = ""
        for (path, _), slot in zip(self.aggregate.set, self.layout.slots, strict=True):
            try:
                _put(value, path, self.layout.result(slot, held))
            except Failed as failure:
                broken = f"operations[{self.number}].aggregate.set.{print_field(path)}: {failure}"
        id = hashlib.blake2b(encode_json([self.pipeline, place, groups]), digest_size=16).hexdigest()
        key = groups if len(groups) > 1 else groups[0] if groups else None
        return (key, value, {EVENT_TIME: str(time), EVENT_ID: id}, time, 0, 0), broken


def _put(value: dict[str, Any], path: FieldPath, each: Any) -> None:
    for step in path[:-1]:
        value = value.setdefault(step, {})
    value[path[-1]] = each
