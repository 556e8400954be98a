"""Events that are made up: what a template gives, that it always gives the same, and at which pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stackfile.errors import ProviderError
from stackfile_local.engine.events import Event
from stackfile_local.engine.readers.generate import GenerateReader, Pace
from stackfile_local.engine.template import TemplateError, parse_template
from tests.unit.stackfile_local.world import SetClock, World

EVERYTHING: Mapping[str, object] = {
    "i": "i",
    "int": "int(-3, 3)",
    "float": "float(0, 1)",
    "price": "float(1, 100, 2)",
    "normal": "normal(10, 2)",
    "pick": "choice(['a', 'b'])",
    "weighed": "choice([1, 2, 3], [1, 0, 3])",
    "chance": "chance(0.5)",
    "id": "uuid()",
    "word": "text(5)",
    "at": "time()",
    "both": "concat(value.pick, '-', int(1, 9))",
}


def reader(template: Mapping[str, object], pace: Pace | None = None, seed: str = "7", key: str | None = None) -> Any:
    return GenerateReader("g", parse_template(template, key), seed, pace or Pace(), SetClock())


def values(template: Mapping[str, object], many: int = 1, **more: Any) -> list[Any]:
    found = reader(template, Pace(count=many, **more)).read(None)
    assert found.failed == []
    return [event[1] for event in found.events]


@pytest.mark.parametrize(
    ("template", "value"),
    [
        pytest.param({"a": "i", "b": "n", "c": "n * 2 - i"}, {"a": 0, "b": 1, "c": 2}, id="the number of the event"),
        pytest.param({"a": 5, "b": True, "d": "null"}, {"a": 5, "b": True, "d": None}, id="constants"),
        pytest.param({"a": "'i'", "b": "concat('u-', n)"}, {"a": "i", "b": "u-1"}, id="texts"),
        pytest.param({"a": {"b": {"c": "i"}}, "a.d": "n"}, {"a": {"b": {"c": 0}, "d": 1}}, id="maps within"),
        pytest.param({"a": ["i", 7, ["n"]]}, {"a": [0, 7, [1]]}, id="lists"),
        pytest.param({"a": "n", "b": "value.a + 1", "c": "value.b + 1"}, {"a": 1, "b": 2, "c": 3}, id="fields above"),
        pytest.param({"a": "int(4, 4)", "b": "float('1')", "c": "int('7')"}, {"a": 4, "b": 1.0, "c": 7}, id="int"),
        pytest.param({"a": "choice([['x']])"}, {"a": ["x"]}, id="a list is an item"),
        pytest.param({"a": "if(chance(1), 'yes', 'no')"}, {"a": "yes"}, id="a draw within a call"),
        pytest.param({"i.n": "time_text(time())"}, {"i": {"n": "2027-01-15T08:00:00.000Z"}}, id="now"),
    ],
)  # fmt: skip
def test_a_template_gives(template: Mapping[str, object], value: object) -> None:
    assert values(template) == [value]


def test_draws_are_what_they_say_they_are() -> None:
    found = values(EVERYTHING, 2000)
    assert {one["int"] for one in found} == set(range(-3, 4))
    assert {one["pick"] for one in found} == {"a", "b"}
    assert {one["weighed"] for one in found} == {1, 3}
    assert {one["chance"] for one in found} == {True, False}
    assert all(0 <= one["float"] < 1 and one["price"] == round(one["price"], 2) for one in found)
    assert abs(sum(one["normal"] for one in found) / 2000 - 10) < 0.2
    assert len({one["id"] for one in found}) == 2000
    assert all(len(one["word"]) == 5 and one["word"].isalpha() for one in found)
    assert found[0]["id"][14] == "4"
    assert found[0]["id"][19] in "89ab"


def test_the_same_seed_gives_the_same_events_on_every_machine_and_another_seed_others() -> None:
    template = {name: text for name, text in EVERYTHING.items() if name not in ("normal", "at")}
    assert values(template, 300)[299] == {
        "i": 299,
        "int": -1,
        "float": 0.9786137379103503,
        "price": 52.46,
        "pick": "a",
        "weighed": 3,
        "chance": True,
        "id": "fa0ca2c5-f384-47b9-9d32-0c7552c5a567",
        "word": "nrjgv",
        "both": "a-5",
    }
    assert values(template) != [reader(template, seed="8").read(None).events[0][1]]


@settings(max_examples=25)
@given(st.data())
def test_wherever_a_run_ends_the_next_goes_on_with_the_same_events(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(EVERYTHING)), min_size=1, unique=True))
    template = {name: EVERYTHING[name] for name in names} | {"pick": EVERYTHING["pick"], "z": "value.pick"}
    count, rate = data.draw(st.integers(1, 600)), data.draw(st.none() | st.floats(50, 2000))
    seed = data.draw(st.text(max_size=3))
    step = data.draw(st.floats(0.1, 5000))
    whole = reader(template, Pace(None, count, 1000, step), seed).read(None).events
    position, found = None, list[Event]()
    while len(found) < count:  # each turn is another process
        one = reader(template, Pace(rate, count, 1000, step), seed)
        for _ in range(data.draw(st.integers(1, 4))):
            batch = one.read(position)
            position, found = batch.next, [*found, *batch.events]
            one.clock.seconds += data.draw(st.floats(0, 0.5))
    assert [(event[1], event[5]) for event in found] == [(event[1], event[5]) for event in whole]


def test_time_goes_on_from_its_start_by_steps() -> None:
    assert [one["t"] for one in values({"t": "time()"}, 4, start=1000, step=2.5)] == [1000, 1002, 1005, 1007]


def test_a_rate_gives_what_it_is_time_for_and_makes_up_for_nothing_that_was_before_the_run() -> None:
    one = reader({"i": "i"}, Pace(rate=10))
    batch = one.read({"offsets": {"0": 5}})
    counts = [batch.count]
    for seconds in (0.05, 0.06, 0.0, 2.0):
        one.clock.seconds += seconds
        batch = one.read(batch.next)
        counts.append(batch.count)
    assert counts == [1, 0, 1, 0, 20]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ({"a": "int(1)+ j"}, "there is no name `j`; a text: 'j'; a template has `i` (0, 1, 2, ...), `n` (1, 2, 3"),
        ({"a": "headers"}, "there is no name `headers`"),
        ({"a": "int(2, 1)"}, "`int(low, high)` takes two whole numbers, the smaller one first"),
        ({"a": "int(1, i)"}, "the arguments of `int` are constants; int(low, high)"),
        ({"a": "int(1, int(2, 3))"}, "the arguments of `int` are constants"),
        ({"a": "int(1, 2, 3)"}, "`int` takes other arguments: int(low, high)"),
        ({"a": "choice([])"}, "`choice(list[, weights])` takes a list of at least one item"),
        ({"a": "choice(['x'], [1, 2])"}, "takes as many weights as items"),
        ({"a": "chance(2)"}, "`chance(probability)` takes a number from 0 to 1"),
        ({"a": "text(-1)"}, "takes a length of 0 to 1,000"),
        ({"a": "uuid("}, "`)` is missing"),
        ({"a": "rand()"}, "there is no function `rand`"),
        ({"a": None}, '`a` has no value; for null write "null", in quotes'),
        ({"a": "int(1", "2)": None}, '`2)` was left without a value; write a: "int(1, 2)"'),
        ({"a": [{"b": 1}]}, "a list of a template holds expressions, not a map"),
        ({"a": {}}, "a map of fields is wanted, not an empty map"),
        ({"a": 1, "a.b": 2}, "`a` and `a.b` cannot both be set"),
        ({}, "a map of fields is wanted, not an empty map"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_work_is_refused(template: Mapping[str, object], says: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template(template)
    assert says in str(caught.value)


def test_a_mistake_is_told_at_its_place_in_what_was_written() -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template({"a": {"b": "choice(['x', 'y']) + oh + i"}})
    (problem,) = caught.value.problems
    assert (problem.path, problem.at) == (("a", "b"), (21, 23))


def test_events_go_into_a_stream_exactly_once_over_several_runs(world: World) -> None:
    world.stream("s", partitions=2)
    world.make(
        "sources", name="g", connector="generate", stream="stream:s", count=25_000, key="value.user", seed=1,
        template={"user": "choice(['a', 'b', 'c'])", "i": "i"},
    )  # fmt: skip
    stops = iter([False] * 3 + [True])
    world.run(stop=lambda: next(stops), until_idle=False)
    assert len(world.events("s")) == 10_000
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (15_000, 15_000, 0)
    assert sorted(event[1]["i"] for event in world.events("s")) == list(range(25_000))
    assert all(event[0] == event[1]["user"] for event in world.events("s"))


def test_a_run_until_idle_waits_for_the_rest_of_a_rate(world: World) -> None:
    world.stream("s")
    world.make("sources", name="g", connector="generate", stream="stream:s", count=12, rate=5)
    world.run()
    assert len(world.values("s")) == 12
    assert world.clock.seconds - 1_800_000_000 == pytest.approx(2.2, abs=0.21)


def test_a_window_over_generated_events_stays_open_between_two_of_them_and_closes_after_the_last(world: World) -> None:
    kept = world.stream("kept")
    world.stream("s")
    world.make(
        "sources", name="g", connector="generate", stream="stream:s", count=6, rate=2,
        start="2025-01-31T10:00:00Z", step="20s", template={"at": "time()"},
    )  # fmt: skip
    operations = [{"window": {"tumbling": "1m", "time": "value.at"}}, {"aggregate": {"set": {"many": "count()"}}}]
    world.pipeline("p", world.all("streams")[1], kept, operations=operations)
    world.run()
    assert [value["many"] for value in world.values("kept")] == [3, 3]


def test_a_source_without_end_is_told_to_have_one_when_the_run_is_to_end(world: World) -> None:
    world.stream("s")
    world.make("sources", name="g", connector="generate", stream="stream:s")
    with pytest.raises(ProviderError) as caught:
        world.run()
    assert str(caught.value) == "source g: it never ends: give it a `count`, or run without --until-idle"


def test_events_that_cannot_be_made_go_to_the_dead_letters_with_their_number(world: World) -> None:
    world.stream("s")
    world.make(
        "sources", name="g", connector="generate", stream="stream:s", count=4,
        template={"a": {"b": "6 / (i - 2)"}}, key="if(i == 3, lower(value.a), null)",
    )  # fmt: skip
    (done,) = world.run()
    assert (done.read, done.written, done.failed) == (4, 2, 2)
    assert world.values("g.source.dead_letter") == [
        {"reason": "template.a.b: division by zero", "source": "g", "number": 2},
        {"reason": "key: `lower` takes text, got a map", "source": "g", "number": 3},
    ]


def test_a_changed_template_counts_from_the_next_event_on(world: World) -> None:
    world.stream("s")
    source = world.make("sources", name="g", connector="generate", stream="stream:s", count=2)
    world.run()
    world.update("sources", source, template={"n": "n"}, count=3)
    world.run()
    assert world.values("s") == [{"i": 0}, {"i": 1}, {"n": 3}]


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"count": 0}, {"start": "soon"}, {"step": "0s"}, {"key": "oh"}])
def test_settings_that_make_no_sense_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        world.make("sources", name="g", connector="generate", **wrong)
