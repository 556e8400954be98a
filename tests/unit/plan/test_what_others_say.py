"""Fields that are what another resource has, names within opaque JSON, and secrets that its provider finds there."""

from __future__ import annotations

from stackfile.graph.build import in_file_order
from stackfile.values import Sensitive
from tests.unit.plan.world import World, address, configured

SHAPED = "sources: {s: {shape: {a: %s}}}\nresources: {p: {type: joint, source: sources.s}}"


def test_a_change_of_what_is_brought_changes_both() -> None:
    world = World.applied(SHAPED % 1)
    assert world.live[address("resources.p")].fields["shape"] == {"a": 1}
    assert world.plan(SHAPED % 1) == "nothing"
    assert world.plan(SHAPED % 2) == ("~ sources.s\n    shape.a: 1 -> 2\n~ resources.p\n    shape: {a: 1} -> {a: 2}")


def test_what_is_brought_is_owned_and_drift_of_it_is_repaired() -> None:
    world = World.applied(SHAPED % 1)
    world.drift("resources.p", shape={"a": 1, "b": 2})
    [change] = world.make_plan(SHAPED % 1).changes
    assert [(one.path, one.after, str(one.origin)) for one in change.fields] == [(("shape",), {"a": 1}, "drift")]


def test_a_name_within_opaque_json_makes_a_dependency() -> None:
    text = "sources: {s: {uses: {from: clicks}}, t: {uses: {from: elsewhere}}}\nstreams: {clicks: {}}"
    configuration = configured(text)
    needs = {str(at): in_file_order(one.dependencies) for at, one in configuration.resources.items()}
    assert needs == {"sources.s": [address("streams.clicks")], "sources.t": [], "streams.clicks": []}


def test_a_secret_that_the_provider_finds_is_hidden_and_the_rest_is_told() -> None:
    text = "sources: {s: {uses: {secret_key: %s, plain: %s}}}"
    world = World.applied(text % ("one", 1))
    applied = world.record("sources.s").applied["uses"]
    assert "one" not in repr(applied)
    world.drift("sources.s", uses={"secret_key": "three", "plain": 3})
    [change] = world.make_plan(text % ("two", 2)).changes
    secret, plain = sorted(change.fields, key=lambda one: one.path, reverse=True)
    assert isinstance(secret.before, Sensitive)
    assert isinstance(secret.after, Sensitive)
    assert (plain.before, plain.after) == (3, 2)
