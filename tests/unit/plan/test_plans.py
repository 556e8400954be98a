"""Plans from the text of stackfiles, through the real loader: what happens, and in which order."""

from __future__ import annotations

import pytest
import yaml

from tests.unit.plan.tables import Case, cases
from tests.unit.plan.world import World, asked, in_short, order_in_short

PLANS = {
    f"{name}: {sentence}": case
    for name in ("plans", "orders", "selections", "wishes", "lifecycle")
    for sentence, case in cases(f"{name}.txt").items()
}


def happen(world: World, event: str) -> None:
    verb, subject, *fields = event.split(" ")
    if verb == "drift":
        world.drift(subject, **{name: yaml.safe_load(value) for name, _, value in (f.partition("=") for f in fields)})
    elif verb == "lose":
        world.lose(subject)
    elif verb == "meet":
        world.meet(subject, fields[0], name=fields[1])
    else:
        world.silence(subject)


@pytest.mark.parametrize("case", PLANS.values(), ids=PLANS)
def test_a_plan_is_as_written(case: Case) -> None:
    world = World.applied(case.was)
    for event in case.then:
        happen(world, event)
    words = dict(word.partition("=")[::2] for word in case.ask.split())
    patterns = {name: words.get(name, "") for name in ("target", "exclude", "replace", "resend")}
    question = asked(**patterns, destroy="destroy" in words)
    plan = world.make_plan(case.now, question)
    dashes = "\n---\n"
    assert in_short(plan) + (dashes + order_in_short(plan) if dashes in case.expected else "") == case.expected


def test_the_tables_were_read() -> None:
    assert len(PLANS) > 60
