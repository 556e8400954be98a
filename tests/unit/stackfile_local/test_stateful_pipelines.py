"""What a pipeline with state is as a resource: what it refuses, what a change does, what `status` says of it."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.errors import NotFound, Rejected
from stackfile.portable.operations import parse_operations
from stackfile.sdk.traits import Impact
from stackfile_local.engine.processor import Processor, Settings
from stackfile_local.kinds.pipeline import Pipelines
from tests.unit.stackfile_local.test_windows import TUMBLING, at, counted, ops
from tests.unit.stackfile_local.world import World


def test_changed_operations_with_state_are_computed_again(world: World) -> None:
    source = world.stream_of("s", *at(0, 1, 60))
    pipeline = world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING))
    world.run()
    world.update("pipelines", pipeline, operations=ops({**TUMBLING, "tumbling": "30s"}))
    world.run()
    assert counted(world) == [("00:00", "a", 2), ("00:00", "a", 2)]
    world.update("pipelines", pipeline, operations=[{"select": ["k"]}])
    world.append("s", {"k": "new", "x": 1})
    world.run()
    assert world.values("out")[2:] == [{"k": "new"}]


def test_a_change_of_operations_with_state_is_reprocessing(world: World) -> None:
    plain, counting = [{"filter": "value.a"}], ops(TUMBLING)
    for before, after in ((plain, counting), (counting, plain), (counting, ops(None))):
        live = world.pipeline("p", world.stream("s"), world.stream("t"), operations=before)
        effect = Pipelines.effect("update", live, {("operations",): (before, after)})
        assert effect is not None
        assert effect.impact is Impact.REPROCESS
        for section, one in (("pipelines", live), *(("streams", each) for each in world.all("streams"))):
            world.delete(section, one)
    live = world.pipeline("p", world.stream("s"), world.stream("t"), operations=plain)
    effect = Pipelines.effect("update", live, {("operations", 0, "filter"): ("value.a", "value.b")})
    assert effect is not None
    assert effect.impact is Impact.RESTART
    effect = Pipelines.effect("update", live, {("operations",): (plain, [*plain, {"dedupe": {"by": ["a"]}}])})
    assert effect is not None
    assert effect.impact is Impact.REPROCESS


def test_parallelism_changes_no_result(world: World) -> None:
    source = world.stream("s", partitions=4)
    values = at(*(n * 0.7 for n in range(300)))
    world.append(
        "s", *({**value, "k": f"k{n % 9}"} for n, value in enumerate(values)), keys=[n % 9 for n in range(300)]
    )
    for parallelism in (1, 4):
        target = world.stream(f"out{parallelism}")
        world.pipeline(f"p{parallelism}", source, target, operations=ops(TUMBLING), parallelism=parallelism)
    world.run()
    assert world.values("out1") == world.values("out4") != []


def test_a_route_names_a_stream_that_is_among_the_routes(world: World) -> None:
    source, target, vip = world.stream("s"), world.stream("t"), world.stream("vip")
    route = [{"route": {"vip": "value.a"}}]
    with pytest.raises(Rejected, match=r"not among the pipeline's `routes`: write routes: \[streams.vip\]"):
        world.pipeline("p", source, target, operations=route)
    with pytest.raises(NotFound, match=r"routes\[1\] is stream:gone, which does not exist"):
        world.pipeline("p", source, target, operations=route, routes=[vip.id, "stream:gone"])
    with pytest.raises(Rejected, match="cannot write to what it reads"):
        world.pipeline("p", vip, target, operations=route, routes=[vip.id])


def test_a_function_that_is_not_installed_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match=r"operations\[0\].map: there is no function enrichWithUserData; none is"):
        world.pipeline("p", world.stream("s"), world.stream("t"), operations=[{"map": "enrichWithUserData"}])


def test_a_registered_function_takes_a_value_and_gives_one() -> None:
    def enrich(value: Any) -> Any:
        if value["userId"] is None:
            return None
        return {**value, "country": {"u1": "NZ"}[value["userId"]]}

    operations = parse_operations(
        [
            {"type": "filter", "predicate": "value.amount > 1000"},
            {"type": "map", "function": "enrich"},
            {"type": "window", "windowType": "tumbling", "duration": 300000},
            {"type": "aggregate", "aggregation": "count", "groupBy": "country"},
        ]
    )
    processor = Processor(operations, Settings("proc", functions={"enrich": enrich}))
    users = ["u1", "u1", None, "u2"]
    events = [(None, {"userId": user, "amount": 2000}, None, n, 0, n) for n, user in enumerate(users)]
    taken = processor.take([*events, (None, {"userId": "u1", "amount": 2000}, None, 300000, 0, 4)], (), 0)
    assert [(value["country"], value["count"]) for _, value, *_ in taken.events] == [("NZ", 2)]
    assert taken.failed == [(3, "operations[1].map: `enrich` failed with KeyError")]


def test_status_tells_how_many_events_count_in_no_window(world: World) -> None:
    source = world.stream_of("s", *at(0, 60, 10), *at(61, k=None))
    pipeline = world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING))
    world.run()
    assert world.metrics("pipelines", pipeline).says == ("skipped: 1 events have null in the `by` of the aggregate",)
    assert world.measured("pipelines", pipeline)["late"] == 1


def test_events_that_fail_on_their_way_into_a_window_count_in_none(world: World) -> None:
    source = world.stream_of("s", *at(0, x=1), *at(1, x="many"), {"k": "a", "x": 1}, *at(60, x=1), *at(3, k=[1], x=1))
    world.pipeline("p", source, world.stream("out"), operations=ops(TUMBLING, n="count()", s="sum(value.x)"))
    world.run()
    assert counted(world) == [("00:00", "a", 1)]
    assert [value["reason"] for value in world.values("p.dead_letter")] == [
        "operations[1].aggregate.set.s: `sum` takes a number, got text",
        "operations[0].window.time: the event has no time",
    ]


def test_a_result_that_fails_goes_to_the_dead_letters(world: World) -> None:
    source = world.stream_of("s", *at(0, 1, x=2**62), *at(2, k="b", x=1), *at(60, x=1))
    behind = [{"map": {"half": "value.s / 0"}}]
    world.pipeline("p", source, world.stream("out"), operations=[*ops(TUMBLING, s="sum(value.x)"), *behind])
    world.run()
    dead = [(value["reason"], value["value"]["k"]) for value in world.values("p.dead_letter")]
    assert dead == [
        ("operations[1].aggregate.set.s: the result does not fit 64 bits", "a"),
        ("operations[2].map.half: division by zero", "b"),
    ]
