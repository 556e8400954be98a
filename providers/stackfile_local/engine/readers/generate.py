"""Makes events of a template: event number `i` is the same whenever it is made, so a position is a number.

Random values are drawn for blocks of events, each with a seed of its own: to go on within a block, the block is drawn
again from its start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from random import Random
from typing import Any

from stackfile.errors import ProviderError
from stackfile.sdk.measures import Measured
from stackfile.sdk.provider import Clock
from stackfile_local.engine.compiled import compile_chain, compile_expression
from stackfile_local.engine.events import Batch, Event, Failure, Position, offset_in
from stackfile_local.engine.runtime import Failed
from stackfile_local.engine.template import Template

BATCH = 10_000
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` is events a second, None: as many as can be. `count` is how many there are, None: no end.

    `start` and `step` are milliseconds: the time of event 0, and from one event to the next; without `start`, the time
    of an event is the moment at which it is made.
    """

    rate: float | None = None
    count: int | None = None
    start: int | None = None
    step: float = 1000.0


@dataclass
class GenerateReader:
    """`must_end` says that the run waits for its end."""

    name: str
    template: Template
    seed: str
    pace: Pace
    clock: Clock
    must_end: bool = False
    _since: tuple[float, int] | None = field(default=None, init=False)
    """When it began to give events at its rate, and with which number."""

    def __post_init__(self) -> None:
        self._chain = compile_chain(self.template.fields)
        self._key = None if self.template.key is None else compile_expression(self.template.key)

    def accepts(self, position: Position) -> bool:
        return True

    def read(self, position: Position | None, most: int = BATCH) -> Batch:
        if self.must_end and self.pace.count is None:
            raise ProviderError("it never ends: give it a `count`, or run without --until-idle")
        first = offset_in(position, 0)
        many = min(BATCH, most, self._due(first))
        if self.pace.count is not None:
            many = min(many, self.pace.count - first)
        if many <= 0:
            return Batch((), (), position or {"offsets": {"0": 0}}, 0)
        events, failed = self._events(first, many)
        return Batch(events, failed, {"offsets": {"0": first + many}}, many)

    def origin(self, event: Event) -> Mapping[str, Any]:
        return {"source": self.name, "number": event[5]}

    def lag(self, position: Position | None) -> Measured | None:
        return None

    def waiting(self, position: Position | None) -> bool:
        return self.pace.count is None or offset_in(position, 0) < self.pace.count

    def _due(self, first: int) -> int:
        """How many events it is time for."""
        if self.pace.rate is None:
            return BATCH
        now = self.clock.monotonic()
        if self._since is None:
            self._since = (now, first)
        begun, number = self._since
        return 1 + math.floor((now - begun) * self.pace.rate) - (first - number)

    def _events(self, first: int, many: int) -> tuple[list[Event], list[Failure]]:
        now = int(self.clock.now().timestamp() * 1000)
        numbers = range(first, first + many)
        given: list[Event] = list(
            zip(self._drawn(first, many), repeat({}), repeat(None), self._times(numbers, now), repeat(0), numbers)
        )
        output = self._chain.run(given)
        failed = [self._failure(first + number, _in_template(reason)) for number, reason in output.failed]
        if self._key is None:
            return [(None, value, None, now, 0, number) for _, value, _, _, _, number in output.events], failed
        events: list[Event] = []
        for event in output.events:
            try:
                events.append((self._key(event), event[1], None, now, 0, event[5]))
            except Failed as error:
                failed.append(self._failure(event[5], f"key: {error}"))
        return events, failed

    def _times(self, numbers: range, now: int) -> Iterator[int]:
        start, step = self.pace.start, self.pace.step
        return repeat(now) if start is None else (start + int(number * step) for number in numbers)

    def _drawn(self, first: int, many: int) -> Iterable[list[Any] | None]:
        """What the random calls give, for each event."""
        if not self.template.columns:
            return repeat(None, many)
        rows: list[list[Any]] = []
        end = first + many
        for block in range(first // _BLOCK, (end - 1) // _BLOCK + 1):
            random = Random(f"{self.seed}:{block}")  # noqa: S311 - made up, and the same whenever it is asked for
            base = block * _BLOCK
            drawn = [column(random, _BLOCK) for column in self.template.columns]
            rows += list(map(list, zip(*drawn, strict=True)))[max(first - base, 0) : end - base]
        return rows

    def _failure(self, number: int, reason: str) -> Failure:
        return Failure(0, number, reason, {"source": self.name, "number": number})


def _in_template(reason: str) -> str:
    """The reason, with the place in the template for that in the chain."""
    return "template" + reason.partition(".map")[2]
