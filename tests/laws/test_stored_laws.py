"""Events that are decoded as they are used, or only a few of their fields, come out as those decoded before."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stackfile.portable.models import Aggregate, Filter, Route
from stackfile.portable.operations import Operation, parse_operations, print_operations
from stackfile_local.engine.codec import pack
from stackfile_local.engine.compiled import Output, compile_chain
from stackfile_local.engine.events import Event
from stackfile_local.engine.processor import Processor, Settings
from stackfile_local.engine.stored import Chunk, Stored
from tests.laws.expression_strategies import CHAINS, EVENTS, PREDICATES, VALUES

FILTERS = st.lists(
    st.one_of(PREDICATES.map(Filter), PREDICATES.map(lambda each: Route((("aside", each),)))), min_size=1, max_size=3
)
AGGREGATES = [
    {"n": "count()"},
    {"n": "count(value.t)", "a.lo": "min(value.n)", "a.hi": "max(value.n)"},
    {"s": "sum(value.n)", "avg": "avg(value.n)", "n": "count()"},
]


def stored(batches: list[list[Event]]) -> Stored:
    """Each batch as one of partition 0; the first event of the first is left out, as if it was read before."""
    starts = itertools.accumulate(map(len, batches), initial=0)
    try:
        return Stored(
            [
                Chunk("s", 0, base, len(batch), 1000 + base, pack(batch), 1 if not base else 0)
                for base, batch in zip(starts, batches, strict=False)
            ]
        )
    except (OverflowError, msgspec.MsgspecError, ValueError):
        assume(False)
        raise


def told(output: Output) -> Any:
    said = [output.events, output.routed, output.failed, output.mismatches]
    return msgspec.json.encode(said)


BATCHES = st.lists(st.lists(EVENTS, min_size=1, max_size=3), min_size=1, max_size=3)


@settings(max_examples=100, deadline=None)
@given(st.one_of(CHAINS, FILTERS), BATCHES)
def test_a_chain_does_to_stored_events_what_it_does_to_others(
    chain: list[Operation], batches: list[list[Event]]
) -> None:
    given_events = stored(batches)
    compiled = compile_chain(chain, to_streams=True)
    expected = compiled.run(list(given_events))
    assume(all(storable(event) for event in expected.events))
    assert told(compiled.run(given_events)) == told(expected), print_operations(chain)
    assert [given_events[n] for n in range(-len(given_events), 0)] == list(given_events)


def storable(event: Event) -> bool:
    try:
        pack([event])
    except (OverflowError, ValueError):
        return False
    return True


@settings(max_examples=100, deadline=None)
@given(BATCHES, st.sampled_from(AGGREGATES), st.sampled_from([None, {"tumbling": "1s"}, {"session": "1s"}]))
def test_an_aggregate_counts_stored_events_as_it_counts_others(
    batches: list[list[Event]], sets: dict[str, str], window: Any
) -> None:
    before = [] if window is None else [{"window": window}]
    operations = parse_operations([*before, {"aggregate": {"by": ["t"], "set": sets}}])
    assert isinstance(operations[-1], Aggregate)
    given_events = stored(batches)
    results = []
    for events in (given_events, list(given_events)):
        processor = Processor(operations, Settings("proc"))
        taken = processor.take(events, (), 0)
        said = [taken.events, taken.failed, taken.late, taken.broken, taken.changes, processor.skipped]
        results.append(msgspec.json.encode([said, dict(taken.mismatches)]))
    assert results[0] == results[1]


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_fields_that_are_read_alone_are_those_of_the_value(values: list[Any]) -> None:
    given_events = stored([[(None, value, None, 0, 0, 0) for value in values]])
    for operations in ([{"filter": "value.n > 0"}], [{"filter": 'value["x y"] == value.m.in or value.l[0] == 1'}]):
        compiled = compile_chain(parse_operations(operations), to_streams=True)
        assert told(compiled.run(given_events)) == told(compiled.run(list(given_events)))
