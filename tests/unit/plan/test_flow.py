"""Events that would come back to where they were are refused by the plan, with the whole way."""

from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.plan.observed import Observed
from stackfile.plan.plan import Plan
from stackfile.plan.planner import make_plan
from stackfile.plan.question import Question
from stackfile.state.format import Record, State
from stackfile.testing.bench import OneProvider
from stackfile_local import Local
from tests.unit.plan.world import address, seal_of

HEAD = "version: 1\nname: test\ndefaults: {provider: local}\nstreams: {a: {}, b: {}, c: {}}\n"


def planned(pipelines: str, more: str = "", state: State | None = None) -> Plan:
    catalog = OneProvider(Local)
    configuration = load(f"{HEAD}pipelines:\n{pipelines}{more}".encode(), "stack.yaml", Inputs(), catalog)
    before = state or State("test", "default", "lineage")
    return make_plan(configuration, before, Observed({}), catalog, seal_of(), Question())


CIRCLES = {
    "a pipeline that writes to what it reads": (
        "  p: {source: streams.a, destination: streams.a}\n",
        "pipelines.p -> streams.a -> pipelines.p",
    ),
    "two pipelines": (
        "  p: {source: streams.a, destination: streams.b}\n  q: {source: streams.b, destination: streams.a}\n",
        "pipelines.p -> streams.b -> pipelines.q -> streams.a -> pipelines.p",
    ),
    "three, and a way out": (
        "  p: {source: streams.a, destination: streams.b}\n  q: {source: streams.b, destination: streams.c}\n"
        "  r: {source: streams.c, destination: streams.a}\n",
        "pipelines.p -> streams.b -> pipelines.q -> streams.c -> pipelines.r -> streams.a -> pipelines.p",
    ),
    "what comes late": (
        "  p: {source: streams.a, destination: streams.b}\n"
        "  q: {source: streams.b, destination: streams.c, late: streams.a}\n",
        "pipelines.p -> streams.b -> pipelines.q -> streams.a -> pipelines.p",
    ),
    "a route": (
        "  p: {source: streams.a, destination: streams.b}\n"
        "  q: {source: streams.b, destination: streams.c, routes: [streams.c, streams.a]}\n",
        "pipelines.p -> streams.b -> pipelines.q -> streams.a -> pipelines.p",
    ),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_is_named_in_full_at_its_place(name: str) -> None:
    pipelines, way = CIRCLES[name]
    with pytest.raises(DiagnosticError) as caught:
        planned(pipelines)
    (problem,) = caught.value.diagnostics
    assert problem.message == f"events would go in a circle: {way}"
    assert (problem.code, str(problem.span)) == ("flow-circle", "stack.yaml:6:3")
    assert problem.help


def test_an_id_that_is_written_plainly_counts_as_what_has_it() -> None:
    record = Record(
        address("streams.a"), "local", "local", "streams", "stream", "local:x", "stream:a", "a", {"name": "a"}
    )
    state = State("test", "default", "lineage", records={record.address: record})
    with pytest.raises(DiagnosticError, match=r"circle: pipelines\.p -> streams\.a -> "):
        planned("  p: {source: streams.a, destination: {id: 'stream:a'}}\n", state=state)


def test_events_that_come_to_an_end_are_planned() -> None:
    pipelines = (
        "  p: {source: streams.a, destination: streams.b, dead_letter: streams.c}\n"
        "  q: {source: streams.a, destination: streams.b}\n"
        "  mend: {source: streams.c, destination: streams.a}\n"
    )
    ends = (
        "sources: {in: {connector: file, path: in.csv, stream: streams.a}}\n"
        "destinations: {out: {connector: file, path: out.csv, stream: streams.b}}\n"
    )
    assert len(planned(pipelines, ends).changes) == 8
