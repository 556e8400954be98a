"""What the stackfile looks up: found among what is live, known to who refers to it, and never a change itself."""

from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.plan.plan import LookedUp
from stackfile.plan.question import Question
from tests.unit.plan.world import World, asked

HOLDER = "pipelines: {p: {source: streams.clicks, text: 'of {{ streams.clicks.partitions }}'}}\n"
STACK = "streams: {clicks: {existing: {name: clicks}}}\n" + HOLDER


def world(**fields: object) -> World:
    made = World()
    made.meet("streams", "stream:clicks", **{"name": "clicks", "partitions": 4, **fields})
    made.meet("streams", "stream:other", name="other")
    return made


def told(made: World, text: str, question: Question | None = None) -> list[str]:
    with pytest.raises(DiagnosticError) as caught:
        made.make_plan(text, question)
    return [" | ".join((f"{one.span} {one.code}: {one.message}", *one.help)) for one in caught.value.diagnostics]


def test_what_is_looked_up_is_known_and_no_change() -> None:
    made = world()
    assert made.plan(STACK).splitlines()[0] == "+ pipelines.p"
    plan = made.make_plan(STACK)
    assert (plan.changes[0].desired or {})["text"] == "of 4"
    assert plan.looked_up == (
        LookedUp(Address("streams", "clicks"), "cloud", "cloud", "stream", "clicks", "stream:clicks"),
    )
    assert plan.changes[0].depends_on == ()


def test_what_holds_a_lookup_follows_it() -> None:
    made = world()
    made.apply(STACK)
    assert made.plan(STACK) == "nothing"
    made.foreign.clear()
    made.meet("streams", "stream:clicks-2", name="clicks", partitions=4)
    assert made.plan(STACK) == "~ pipelines.p\n    source: stream:clicks -> streams.clicks=stream:clicks-2"


def test_a_field_that_the_service_does_not_tell_is_none() -> None:
    text = "streams: {clicks: {existing: {id: 'stream:clicks'}}}\noutputs: {o: {value: '{{ streams.clicks.events }}'}}"
    assert [(one.name, one.after) for one in world().make_plan(text).outputs] == [("o", None)]


WAY = "To have it made by this stack remove `existing`, and write what it is to be."
NOT_FOUND = {
    "a name like another": (
        "streams: {a: {existing: {name: click}}}",
        'stack.yaml:4:25 existing-none: streams.a: no stream in cloud with name "click" | near: clicks | ' + WAY,
    ),
    "a name like no other": (
        "streams: {a: {existing: {name: quux}}}",
        'stack.yaml:4:25 existing-none: streams.a: no stream in cloud with name "quux" | there: clicks, other | ' + WAY,
    ),
    "an id": (
        "streams: {a: {existing: {id: clicks}}}",
        'stack.yaml:4:25 existing-none: streams.a: no stream in cloud with id "clicks" | near: stream:clicks | ' + WAY,
    ),
    "two that do not go together": (
        "streams: {a: {existing: {id: 'stream:clicks', name: other}}}",
        'stack.yaml:4:25 existing-none: streams.a: no stream in cloud with id "stream:clicks" and name "other" '
        "| near: stream:clicks | " + WAY,
    ),
    "none at all": (
        "sources: {a: {existing: {name: x}}}",
        'stack.yaml:4:25 existing-none: sources.a: no source in cloud with name "x" '
        "| there is no source at all | " + WAY,
    ),
    "several": (
        "destinations: {a: {existing: {name: twin}}}",
        'stack.yaml:4:30 existing-several: destinations.a: 2 destinations in cloud with name "twin" '
        "| ids: d1, d2 | say which one:  existing: {id: d1}",
    ),
}


@pytest.mark.parametrize(("text", "expected"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_lookup_that_does_not_find_one(text: str, expected: str) -> None:
    made = world()
    made.meet("destinations", "d1", name="twin")
    made.meet("destinations", "d2", name="twin")
    assert told(made, text) == [expected]


def test_every_lookup_that_fails_is_told_at_once() -> None:
    text = "streams: {a: {for_each: [x, y], existing: {name: '{{ each.key }}'}}, b: {existing: {name: z}}}"
    assert len(told(World(), text)) == 3


BROKEN = (
    "streams: {gone: {existing: {name: gone}}, s: }\npipelines: {p: {source: streams.gone}, q: {source: streams.s}}"
)


def test_a_partial_plan_asks_for_what_it_needs() -> None:
    made = world()
    assert made.plan(BROKEN, asked(target="pipelines.q")) == made.plan(
        "streams: {s: }\npipelines: {q: {source: streams.s}}"
    )
    assert "existing-none" in told(made, BROKEN, asked(target="pipelines.p"))[0]


def test_to_destroy_nothing_is_looked_up() -> None:
    made = world()
    made.apply(STACK)
    made.foreign.clear()
    assert made.plan(STACK, asked(destroy=True)).splitlines()[0].startswith("- pipelines.p")


def test_what_was_managed_and_is_looked_up_now_is_left_alive() -> None:
    made = World.applied("streams: {clicks: {partitions: 4}}\n" + HOLDER)
    assert made.plan(STACK) == "# streams.clicks"
    going = made.make_plan(STACK, asked(destroy=True)).changes
    assert [f"{one.action.value} {one.address}" for one in going] == ["- pipelines.p", "# streams.clicks"]


def test_what_was_looked_up_and_is_managed_now_is_not_taken_over() -> None:
    made = world()
    made.apply(STACK)
    (line,) = told(made, "streams: {clicks: {partitions: 4}}\n" + HOLDER)
    assert "exists: " in line
    assert "stack import streams.clicks stream:clicks" in line


TWO = """version: 1
name: t
providers: {cloud: {}, vault: {type: cloud, url: x}}
defaults: {provider: cloud}
streams:
  far: {provider: vault, existing: {name: far}}
  near: {}
pipelines:
  holder: {source: streams.far}
  over: {source: pipelines.holder}
  free: {source: streams.near}
outputs:
  far: {value: "{{ streams.far.partitions }}"}
"""


def test_what_holds_a_lookup_at_a_silent_provider_is_left_out() -> None:
    made = World()
    made.silence("vault")
    plan = made.make_plan(TWO)
    assert [str(change.address) for change in plan.changes] == ["pipelines.free", "streams.near"]
    assert [tuple(map(str, one.addresses)) for one in plan.skipped] == [("pipelines.holder", "pipelines.over")]
    assert plan.outputs == ()
