"""Who uses a part that a plan changes is said at the part, where its kind has a sentence for that."""

from __future__ import annotations

import pytest

from tests.unit.plan.world import World, asked

PARTS = """
resources:
  hot: {type: part, uses: {part: cold}}
  cold: {type: part}
  idle: {type: part}
sources:
  orders: {uses: {part: hot}}
  clicks: {uses: {part: cold}}
  audit: {host: h}
"""
NONE_OF_COLD = PARTS.replace("  cold: {type: part}\n", "")

SAYS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "an update": (
        PARTS.replace("hot: {type: part,", "hot: {type: part, size: 2,"),
        {"resources.hot": ("Used by sources.orders: they see the new one.",)},
    ),
    "users by way of another part are named, and that part is not": (
        PARTS.replace("cold: {type: part}", "cold: {type: part, size: 2}"),
        {"resources.cold": ("Used by sources.clicks, sources.orders: they see the new one.",)},
    ),
    "a replacement": (
        PARTS.replace("hot: {type: part,", "hot: {type: part, shape: round,"),
        {"resources.hot": ("Used by sources.orders: they see the new one.",)},
    ),
    "a part that nothing uses": (PARTS.replace("idle: {type: part}", "idle: {type: part, size: 2}"), {}),
    "a delete, of what is named still": (
        NONE_OF_COLD,
        {"resources.cold": ("It goes.", "Used by sources.clicks, sources.orders: they see the new one.")},
    ),
    "a delete, of what is named no more by one of them": (
        NONE_OF_COLD.replace("clicks: {uses: {part: cold}}", "clicks: {host: h}"),
        {"resources.cold": ("It goes.", "Used by sources.orders: they see the new one.")},
    ),
    "a delete with all its users": ("", {"resources.cold": ("It goes.",)}),
    "users that come and go with the plan are none": (
        PARTS.replace("cold: {type: part}", "cold: {type: part, size: 2}").replace("orders:", "returns:"),
        {"resources.cold": ("Used by sources.clicks: they see the new one.",)},
    ),
    "another user than before": (
        PARTS.replace("hot: {type: part,", "hot: {type: part, size: 2,").replace("{host: h}", "{uses: {part: hot}}"),
        {"resources.hot": ("Used by sources.audit, sources.orders: they see the new one.",)},
    ),
}


@pytest.mark.parametrize(("text", "expected"), SAYS.values(), ids=SAYS)
def test_a_part_that_changes_names_who_uses_it(text: str, expected: dict[str, tuple[str, ...]]) -> None:
    plan = World.applied(PARTS).make_plan(text or "locals: {}")
    says = {str(one.address): one.impact_says for one in plan.changes if one.address.section == "resources"}
    assert {at: said for at, said in says.items() if at in expected or "Used by" in str(said)} == expected


def test_nobody_uses_anything_once_all_is_destroyed() -> None:
    plan = World.applied(PARTS).make_plan(PARTS, asked(destroy=True))
    assert len(plan.changes) == 6
    assert "Used by" not in repr(plan)


def test_many_users_are_counted() -> None:
    text = (
        "resources: {p: {type: part, size: %d}}\nsources: {"
        + ", ".join(f"s{at}: {{uses: {{part: p}}}}" for at in range(7))
        + "}"
    )
    [change] = World.applied(text % 1).make_plan(text % 2).changes
    assert change.impact_says == (
        "Used by sources.s0, sources.s1, sources.s2, sources.s3, sources.s4 and 2 more: they see the new one.",
    )


def test_users_that_are_left_out_of_the_plan_are_named_as_they_are_applied() -> None:
    text = PARTS.replace("hot: {type: part,", "hot: {type: part, size: 2,").replace("{part: hot}", "{}")
    world = World.applied(PARTS)
    [change] = world.make_plan(text, asked(target="resources.hot")).changes
    assert change.impact_says == ("Used by sources.orders: they see the new one.",)
