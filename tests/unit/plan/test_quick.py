"""The roads to "nothing to do": which are taken, that they say no more than a comparison would, and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.plan import ignored as deciding
from stackfile.plan.diff import diff
from stackfile.plan.quick import alike
from tests.unit.plan.world import World

ALIKE: dict[str, tuple[Any, Any, bool]] = {
    "text": ("a", "a", True),
    "numbers by value": (1, 1.0, True),
    "true is not 1": (True, 1, False),
    "0 is not false": (0, False, False),
    "null": (None, None, True),
    "true deep in a map is not 1": ({"a": [{"b": True}]}, {"a": [{"b": 1}]}, False),
    "maps in another order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    "lists in another order": ([1, 2], [2, 1], False),
    "text is no number": ("1", 1, False),
}


@pytest.mark.parametrize(("left", "right", "expected"), ALIKE.values(), ids=ALIKE)
def test_alike_is_equal_and_of_one_type(left: Any, right: Any, expected: bool) -> None:
    assert alike(left, right) is expected


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that a resource is compared field by field."""
    calls: list[str] = []

    def counted(schema: Any, *trees: Any) -> Any:
        calls.append(schema.model.__name__)
        return diff(schema, *trees)

    monkeypatch.setattr(deciding, "diff", counted)
    return calls


UNCHANGED = {
    "plain": "streams: {a: {partitions: 3, labels: {x: y}}}",
    "with maps and lists": "sources: {s: {tables: [a, b], config: {a: {b: [1, true, null, {}]}}}}",
    "with a reference": "streams: {a: {}}\npipelines: {p: {source: streams.a}}",
    "with secrets": "sources: {s: {password: p, token: t}}",
    "with a local field": "streams: {a: {timeout: 3}}",
    "with a template": "streams: {a: {note: '{{ stack.name }}'}}",
}


@pytest.mark.parametrize("text", UNCHANGED.values(), ids=UNCHANGED)
def test_what_did_not_change_is_not_compared_field_by_field(text: str, comparisons: list[str]) -> None:
    assert World.applied(text).plan(text) == "nothing"
    assert comparisons == []


def test_what_the_service_adds_makes_no_comparison() -> None:
    world = World.applied("streams: {a: {}}")
    world.drift("streams.a", partitions=7, events=3, note="n")
    assert world.plan("streams: {a: {}}") == "nothing"


COMPARED = {
    "a drift": ("streams: {a: {partitions: 3}}", {"partitions": 4}, "streams: {a: {partitions: 3}}"),
    "a change of the file": ("streams: {a: {partitions: 3}}", {}, "streams: {a: {partitions: 4}}"),
    "a field more in the file": ("streams: {a: {}}", {}, "streams: {a: {note: n}}"),
    "a field less in the file": ("streams: {a: {note: n}}", {}, "streams: {a: {}}"),
    "1 that becomes true in opaque JSON": (
        "streams: {a: {labels: {}}}\nsources: {s: {config: {a: 1}}}",
        {},
        "streams: {a: {labels: {}}}\nsources: {s: {config: {a: true}}}",
    ),
    "a secret that changed": (
        "streams: {a: {}}\nsources: {s: {token: a}}",
        {},
        "streams: {a: {}}\nsources: {s: {token: b}}",
    ),
    "a secret that is never read": (
        "streams: {a: {}}\nsources: {s: {password: a}}",
        {},
        "streams: {a: {}}\nsources: {s: {password: b}}",
    ),
}


@pytest.mark.parametrize(("was", "drift", "now"), COMPARED.values(), ids=COMPARED)
def test_what_may_have_changed_is_compared_once(
    was: str, drift: dict[str, Any], now: str, comparisons: list[str]
) -> None:
    world = World.applied(was)
    world.drift("streams.a", **drift)
    assert world.plan(now) != "nothing"
    assert len(comparisons) == 1


def test_a_new_field_that_only_apply_can_tell_is_no_quick_road(comparisons: list[str]) -> None:
    world = World.applied("pipelines: {p: {}}")
    now = "sources: {s: {}}\npipelines: {p: {text: '{{ sources.s.endpoint }}'}}"
    assert "~ pipelines.p" in world.plan(now)
    assert comparisons == ["Pipeline"]


@pytest.mark.parametrize("size", [10, 20])
def test_comparisons_grow_with_what_changed_not_with_the_stack(size: int, comparisons: list[str]) -> None:
    def text(partitions: int) -> str:
        rows = [f"  s{number}: {{partitions: {partitions if number < 3 else 1}}}" for number in range(size)]
        return "streams:\n" + "\n".join(rows)

    World.applied(text(1)).plan(text(2))
    assert len(comparisons) == 3
