"""What was reviewed against what would happen now: the same, fewer, new ones, and changed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from stackfile.plan.reviewed import Review, review
from stackfile.report.reviewed import never_reviewed, review_lines
from tests.unit.plan.test_hold import APPLIED, FILE, today
from tests.unit.plan.world import World

WITH_NEED = (
    FILE.replace("new: {}", "new: {}") + 'destinations: {d: {stream: streams.new, path: "{{ sources.pg.endpoint }}"}}\n'
)


def reviewed(world: World, text: str, happens: Callable[[World], None], later: str, **var: str) -> Review:
    before = today(world, text)
    saved = before.veil.plan(before.plan)
    happens(world)
    now = today(world, later, None, **var)
    return review(saved, now.veil.plan(now.plan))


@dataclass(frozen=True)
class Case:
    happens: Callable[[World], None] = lambda world: None
    later: str = FILE
    var: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def applied_before(world: World) -> None:
    world.apply(FILE)


CASES = {
    "nothing happened": Case(),
    "one was done by hand": Case(lambda world: world.drift("streams.a", labels={"x": "2"}), gone=("streams.a",)),
    "all was applied": Case(
        applied_before, gone=("sources.pg", "pipelines.p", "streams.a", "streams.new", "streams.old")
    ),
    "the file says less": Case(later=FILE.replace("host: two", "host: one"), gone=("sources.pg",)),
    "the file says more": Case(
        later=FILE.replace("b: {}", "b: {labels: {y: '1'}}"), new=("streams.b update labels.y",)
    ),
    "another value": Case(later=FILE.replace("host: two", "host: three"), new=("sources.pg update host",)),
    "another value before": Case(
        lambda world: world.drift("streams.a", labels={"x": "9"}), new=("streams.a update labels.x",)
    ),
    "one field more": Case(
        later=FILE.replace('labels: {x: "2"}', 'labels: {x: "2"}, partitions: 3'), new=("streams.a update partitions",)
    ),
    "what is made anew is made of something else": Case(
        later=FILE.replace("new: {}", "new: {partitions: 2}"), new=("streams.new create ",)
    ),
    "drift of what was not touched": Case(
        lambda world: world.drift("pipelines.q", text="by hand"), new=("pipelines.q update text",)
    ),
    "a secret is rotated too": Case(var=(("pw", "second-secret"),), new=("sources.pg update password",)),
    "what was to be deleted is gone": Case(lambda world: world.lose("streams.old"), new=("streams.old forget ",)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_same_changes_or_fewer_are_as_reviewed_and_all_others_are_new(case: Case) -> None:
    found = reviewed(World.applied(APPLIED), FILE, case.happens, case.later, **dict(case.var))
    assert tuple(map(str, found.gone)) == case.gone
    new = tuple(
        f"{c.address} {c.action.name.lower()} {' '.join('.'.join(map(str, f.path)) for f in c.fields)}"
        for c in found.new
    )
    assert new == case.new
    assert bool(never_reviewed(found, "stack apply --reviewed plan.json", "stack plan")) == bool(case.new)


def test_what_was_not_known_at_review_may_be_known_now() -> None:
    """A reviewed plan of which a part was applied goes on with the rest."""

    def half(world: World) -> None:
        world.apply(FILE)

    found = reviewed(World.applied(APPLIED), WITH_NEED, half, WITH_NEED)
    assert [str(address) for address in found.same] == ["destinations.d"]
    assert found.new == ()


def test_the_two_plans_are_told_side_by_side() -> None:
    edited = FILE.replace("host: two", "host: three").replace("b: {}", "b: {labels: {y: '1'}}")
    world = World.applied(APPLIED)
    found = reviewed(world, FILE, lambda world: world.drift("streams.a", labels={"x": "2"}), edited)
    assert review_lines(found, "8d1e0b4aaaaaa", "5a7704eaaaaa") == [
        "Planned anew at commit 8d1e0b4 and compared with the reviewed plan (pull request commit 5a7704e):",
        "  same      pipelines.p, streams.new, streams.old",
        "  gone      streams.a (no longer needed)",
        '  NEW       sources.pg   update   host: "one" -> "three"',
        '  NEW       streams.b    update   labels.y: (unset) -> "1"',
    ]
    (refused,) = never_reviewed(found, "stack apply --reviewed plan.json", "stack plan --out plan.json")
    assert (refused.code, refused.message) == (
        "plan-not-reviewed",
        "2 changes were never reviewed; nothing was applied",
    )
    assert refused.help == (
        "Apply the reviewed ones only:  stack apply --reviewed plan.json --exclude sources.pg --exclude streams.b",
    )
