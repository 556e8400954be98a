"""What a plan warns of."""

from __future__ import annotations

from stackfile.errors import Diagnostic, Severity
from stackfile.plan.planner import make_plan
from stackfile.plan.question import Question
from tests.unit.plan.world import CATALOG, World, configured, in_short, seal_of


def test_secrets_under_another_key_count_as_unchanged_and_are_named() -> None:
    world = World.applied("sources: {s: {password: one, token: one}}")
    world.seal = seal_of(b"o" * 32)
    plan = world.make_plan("sources: {s: {password: two, token: one}}")
    assert in_short(plan) == "nothing"
    (warning,) = plan.diagnostics
    assert (warning.code, warning.severity, warning.help[0]) == (
        "secret-unverifiable", Severity.WARNING, "sources.s password",
    )  # fmt: skip


def test_warnings_of_the_stackfile_are_in_the_plan() -> None:
    warning = Diagnostic("w", "something", Severity.WARNING)
    configuration = configured("streams: {a: {}}")
    configuration.warnings = (warning,)
    world = World()
    plan = make_plan(configuration, world.state, world.observed, CATALOG, world.seal, Question())
    assert plan.diagnostics == (warning,)
