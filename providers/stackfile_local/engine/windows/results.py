"""What an aggregate gives: events that are the same, their ids too, whenever they are computed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeAlias

from stackfile.portable.fields import FieldPath, print_field
from stackfile.portable.models import Aggregate
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.events import Event
from stackfile_local.engine.runtime import Failed
from stackfile_local.engine.windows.accumulators import Accumulator, Layout
from stackfile_local.engine.windows.groups import Group, value_of
from stackfile_local.engine.windows.held import Closed, Unmade
from stackfile_local.engine.windows.times import EVENT_ID, EVENT_TIME, moment_text

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
        for start, end, group, held in closed:
            value = {"windowStart": moment_text(start), "windowEnd": moment_text(end)}
            yield self._result(value, group, held, (end - 1, str(start)))

    def unmade(self, broken: Iterable[Unmade]) -> Iterator[Result]:
        """Of single events."""
        for time, (partition, offset), group, held in broken:
            yield self._result({}, group, held, (time, f"{partition}:{offset}"))

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
        id = blake2b(encode_json([self.pipeline, place, groups]), digest_size=16).hexdigest()
        key = groups if len(groups) > 1 else groups[0] if groups else None
        return (key, value, {EVENT_TIME: str(time), EVENT_ID: id}, time, 0, 0), broken


def running_id(pipeline: str) -> str:
    """What the ids of a pipeline's running results begin with: made for each event, they must cost little."""
    return blake2b(pipeline.encode(), digest_size=8).hexdigest()


def _put(value: dict[str, Any], path: FieldPath, each: Any) -> None:
    if len(path) > 1:
        for step in path[:-1]:
            value = value.setdefault(step, {})
    value[path[-1]] = each
