"""Secrets on their way through a plan: sealed for the record, masked for everybody else."""

from __future__ import annotations

from typing import Any

import pytest

from stackfile.address import Address
from stackfile.plan.applied import to_applied
from stackfile.plan.mask import mask, mask_like
from stackfile.sdk.schema import schema_of
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value
from tests.unit.plan.cloud import Destination, Source
from tests.unit.plan.everything import SCHEMA
from tests.unit.plan.world import World, seal_of

SEAL, OTHER = seal_of(), seal_of(b"o" * 32)
TARGET = Address("streams", "s")


def test_what_is_recorded_holds_ids_and_digests_and_nothing_that_is_not_known() -> None:
    desired: dict[str, Value] = {
        "text": "x",
        "null": None,
        "ref": Ref(TARGET, "s-1"),
        "refs": [Ref(TARGET, "s-1")],
        "later": Ref(TARGET, Unknown()),
        "unknown": Unknown(("a.b",)),
        "map": {"known": 1, "unknown": Unknown()},
        "list": [1, Unknown()],
        "list_of_maps": [{"a": Unknown()}],
        "secret_later": Sensitive(Unknown()),
        "secret_map_later": Sensitive({"a": Unknown()}),
    }
    assert to_applied(desired, {}, SEAL) == {
        "text": "x",
        "null": None,
        "ref": "s-1",
        "refs": ["s-1"],
        "map": {"known": 1},
    }


KEPT: dict[str, tuple[Value, Value, bool]] = {
    "the same secret": (Sensitive("x"), SEAL.seal("x"), True),
    "another secret": (Sensitive("y"), SEAL.seal("x"), False),
    "a secret of which nothing can be told": (Sensitive("y"), OTHER.seal("x"), True),
    "a secret in a map": ({"a": Sensitive("x")}, {"a": SEAL.seal("x")}, True),
    "a secret in a list": ([1, Sensitive("x")], [1, SEAL.seal("x")], True),
    "a secret in a list that grew": ([1, 2, Sensitive("x")], [1, SEAL.seal("x")], False),
    "a map that was sealed as one": (Sensitive({"a": "x"}), SEAL.seal({"a": "x"}), True),
    "what was no secret": (Sensitive("x"), "x", False),
}


@pytest.mark.parametrize(("desired", "before", "kept"), KEPT.values(), ids=KEPT)
def test_a_digest_is_kept_while_it_holds(desired: Value, before: Value, kept: bool) -> None:
    applied = to_applied({"k": desired}, {"k": before}, SEAL)
    assert (applied == {"k": before}) is kept
    assert not any(isinstance(leaf, Sensitive) for leaf in applied.values())


def test_secret_fields_are_masked_at_any_depth_and_nothing_else() -> None:
    tree: dict[str, Value] = {
        "text": "x",
        "password": "p",
        "token": None,
        "headers": {"a": "b"},
        "opaque": {"password": "q"},
    }
    assert mask(SCHEMA, tree) == {**tree, "password": Sensitive("p"), "headers": Sensitive({"a": "b"})}


def test_masking_twice_is_masking_once() -> None:
    tree: dict[str, Value] = {"password": "p", "token": SEAL.seal("t"), "headers": Unknown()}
    once = mask(SCHEMA, tree)
    assert mask(SCHEMA, once) == once


def test_a_model_without_secrets_costs_no_copy() -> None:
    tree: dict[str, Value] = {"name": "x"}
    assert mask(schema_of(Destination), tree) is tree
    assert mask(schema_of(Source), tree) is not tree


LIKE: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # what is live, what another side says of it, what is left to see
    "a key": ({"a": "x", "b": "y"}, {"a": Sensitive("x")}, {"a": Sensitive("x"), "b": "y"}),
    "a digest": ({"a": "x"}, {"a": SEAL.seal("x")}, {"a": Sensitive("x")}),
    "a key in a map": ({"a": {"b": "x", "c": 1}}, {"a": {"b": Sensitive("x")}}, {"a": {"b": Sensitive("x"), "c": 1}}),
    "an item hides its list": ({"a": ["x", 1]}, {"a": [Sensitive("x"), 1]}, {"a": Sensitive(["x", 1])}),
    "a map hides what took its place": ({"a": "x"}, {"a": {"b": Sensitive("x")}}, {"a": Sensitive("x")}),
    "what is not there": ({}, {"a": Sensitive("x")}, {}),
    "what is hidden already": ({"a": Sensitive("x")}, {"a": Sensitive("x")}, {"a": Sensitive("x")}),
}


@pytest.mark.parametrize(("live", "other", "seen"), LIKE.values(), ids=LIKE)
def test_what_one_side_hides_the_other_does_not_show(
    live: dict[str, Any], other: dict[str, Any], seen: dict[str, Any]
) -> None:
    assert mask_like(live, other) == seen


VARIABLE = "variables: {password: {type: string, sensitive: true}}\n"
S = "sources: {s: {%s config: {password: '{{ var.password }}', a: %s}}}\n"
CHANGES = {
    "one that is updated": (S % ("", 1), S % ("", 2)),
    "one that is deleted": (S % ("", 1), ""),
    "one whose secret goes": (S % ("", 1), "sources: {s: {config: {a: 1}}}"),
    "one that is replaced": (S % ("region: eu,", 1), S % ("region: us,", 1)),
    "one that moves to another provider": (S % ("", 1), "providers: {vault: {url: x}}\n" + S % ("provider: vault,", 1)),
}


@pytest.mark.parametrize(("was", "now"), CHANGES.values(), ids=CHANGES)
def test_a_live_object_shows_no_secret_in_a_plan(was: str, now: str) -> None:
    """The service gives back in plain what the stackfile calls sensitive."""
    world = World.applied(VARIABLE + was, password="hunter2")
    assert "hunter2" in repr(world.live)
    plan = world.make_plan(VARIABLE + now, None, password="hunter2")
    assert len(plan.changes) == 1
    assert "hunter2" not in repr(plan)


def test_the_record_of_a_change_holds_digests() -> None:
    world = World.applied(VARIABLE + S % ("", 1), password="old")
    (change,) = world.make_plan(VARIABLE + S % ("", 1), None, password="new").changes
    config = change.applied["config"]
    assert isinstance(config, dict)
    assert isinstance(config["password"], Sealed)
    assert config != world.record("sources.s").applied["config"]
