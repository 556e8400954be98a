from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stackfile.portable.operations import Operation, Window, parse_operations
from stackfile_local.engine.codec import pack
from stackfile_local.engine.processor import Processor, Quiet, Settings, Taken
from stackfile_local.engine.stored import Chunk, Stored
from stackfile_local.engine.windows.accumulators import exact
from stackfile_local.engine.windows.times import time_text
from tests.laws.windows_interpreter import Batch, Event, Plain

SETTINGS = Settings("proc", idle_after=10**12)
AGGREGATE = {"aggregate": {"by": ["k"], "set": {"n": "count()", "s": "sum(value.x)"}}}
WINDOWS = st.one_of(
    st.builds(lambda size, late: Window("tumbling", size, size, None, late), st.integers(1, 30), st.integers(0, 20)),
    st.builds(
        lambda advance, more, late: Window("hopping", advance + more, advance, None, late),
        *(st.integers(1, 12), st.integers(0, 20), st.integers(0, 10)),
    ),
    st.builds(lambda gap, late: Window("session", gap, 0, None, late), st.integers(1, 15), st.integers(0, 20)),
)
NUMBERS = st.none() | st.integers(-5, 5) | st.floats(-1e9, 1e9) | st.sampled_from([1e300, -1e300, 1e-300, 0.1])
VALUES = st.builds(
    lambda k, t, x: {"k": k, "t": t, "x": x}, st.sampled_from(["a", "b", "c", None]), st.integers(0, 80), NUMBERS
)


@st.composite
def batches(draw: st.DrawFn, partitions: int) -> list[Batch]:
    offset = itertools.count()
    found: list[Batch] = []
    for _ in range(draw(st.integers(1, 4))):
        order = draw(st.permutations(range(partitions)))
        runs = [[event(value, p, next(offset)) for value in draw(st.lists(VALUES, max_size=8))] for p in order]
        found.append([run for run in runs if run])
    return found


def event(value: Any, partition: int, offset: int) -> Event:
    return (None, value, None, 0, partition, offset)


def stored(batch: Batch) -> Stored:
    return Stored([Chunk("s", run[0][4], run[0][5], len(run), 0, pack(run)) for run in batch])


def operations(window: Window) -> tuple[Operation, ...]:
    (aggregate,) = parse_operations([AGGREGATE])
    time = parse_operations([{"window": {"tumbling": "1m", "time": "value.t"}}, AGGREGATE])[0]
    assert isinstance(time, Window)
    return (Window(window.kind, window.size, window.advance, time.time, window.lateness), aggregate)


def told(taken: Taken) -> list[tuple[str, str, str, int, Any]]:
    values = [value for _, value, *_ in taken.events]
    return [(v["windowStart"], v["windowEnd"], v["k"], v["n"], v["s"]) for v in values]


def close(processor: Processor) -> list[tuple[str, str, str, int, Any]]:
    last = processor.settle(Quiet(0, ended=True))
    return [] if last is None else told(last)


@settings(max_examples=250, deadline=None)
@given(WINDOWS, st.integers(1, 3).flatmap(batches), st.booleans())
def test_windows_hold_what_the_plain_interpreter_says(
    window: Window, given_batches: list[Batch], as_stored: bool
) -> None:
    processor = Processor(operations(window), SETTINGS)
    found: list[Any] = []
    late: list[int] = []
    for batch in given_batches:
        events = [event for run in batch for event in run]
        taken = processor.take(stored(batch) if as_stored else events, (), 0)
        found.extend(told(taken))
        late.extend(events[number][5] for number in taken.late)
        assert (taken.failed, taken.broken) == ([], [])
    found.extend(close(processor))

    plain = Plain(window)
    expected = [(time_text(start), time_text(end), *rest) for start, end, *rest in plain.run(given_batches)]
    assert found == expected
    assert late == plain.late
    assert (processor.late, processor.skipped) == (len(plain.late), plain.skipped)


@settings(max_examples=150, deadline=None)
@given(WINDOWS, batches(1), st.lists(st.integers(0, 40), max_size=4))
def test_where_batches_end_and_what_is_killed_between_them_changes_nothing(
    window: Window, given_batches: list[Batch], cuts: list[int]
) -> None:
    events = [event for batch in given_batches for run in batch for event in run]
    whole = Processor(operations(window), SETTINGS)
    expected = [*told(whole.take(events, (), 0)), *close(whole)] if events else []

    found, saved = [], []
    processor = Processor(operations(window), SETTINGS)
    for start, end in itertools.pairwise([0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]):
        taken = processor.take(events[start:end], (), 0)
        found.extend(told(taken))
        saved.append(taken.changes)
        kept = json.loads(json.dumps([processor.meta(), saved, processor.everything()]))
        processor = Processor(operations(window), SETTINGS)
        processor.restore(kept[0], kept[1])
        assert json.loads(json.dumps(sorted(map(str, processor.everything().items())))) == sorted(
            map(str, kept[2].items())
        )
    assert [*found, *close(processor)] == expected
    assert (processor.late, processor.skipped) == (whole.late, whole.skipped)


@given(st.lists(st.floats(-1e300, 1e300), max_size=20), st.integers(0, 20))
def test_an_exact_sum_does_not_depend_on_the_order_nor_on_what_is_added_first(values: list[float], at: int) -> None:
    assert exact([*exact(values[:at]), *values[at:]]) == exact(sorted(values)) == exact(list(reversed(values)))
