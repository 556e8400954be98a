"""What others may refer to: of a resource that stays, and of one that is to be made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackfile.plan.known import Known, foreign, opened
from stackfile.plan.observed import Observed
from stackfile.plan.propose import attributes_of_new
from stackfile.plan.twins import identity_of, natural_key
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import schema_of
from stackfile.state.format import State
from stackfile.testing.world import START
from stackfile.values import Sensitive, Unknown
from tests.unit.plan.cloud import Pipelines, Source, Sources, Stream, Streams
from tests.unit.plan.world import CATALOG, World, address, seal_of


def known(world: World) -> Known:
    return Known(world.state, world.observed, CATALOG)


def test_a_resource_that_stays_has_its_live_fields_with_what_the_file_sets_over_them() -> None:
    world = World.applied("sources: {s: {host: a}}")
    world.drift("sources.s", host="b", region="eu")
    seen = known(world).attributes(address("sources.s"), {"host": "c"})
    assert seen == {"name": "s", "id": "id-sources.s", "host": "c", "region": "eu", "endpoint": "tcp://s"}


def test_a_resource_that_was_not_read_has_its_last_copy() -> None:
    world = World.applied("sources: {s: {host: a}}")
    world.rewrite("sources.s", observed={"endpoint": "tcp://then"})
    world.lose("sources.s")
    seen = known(world).attributes(address("sources.s"))
    assert seen == {"name": "s", "id": "id-sources.s", "host": "a", "endpoint": "tcp://then"}


def test_a_resource_without_a_record_is_not_known() -> None:
    assert known(World()).attributes(address("sources.s")) is None


def test_live_fields_are_in_normal_form_and_secrets_are_marked() -> None:
    world = World.applied("streams: {a: {}}\nsources: {s: {token: t}}")
    world.drift("streams.a", partitions="3")
    assert (known(world).attributes(address("streams.a")) or {})["partitions"] == 3
    assert (known(world).attributes(address("sources.s"), {}) or {})["token"] == Sensitive("t")


def test_of_what_is_to_be_made_all_that_the_file_does_not_set_is_known_after() -> None:
    made = attributes_of_new(address("sources.s"), Sources, schema_of(Source), {"name": "s", "host": "h"})
    assert made["name"] == "s"
    assert made["host"] == "h"
    assert made["id"] == Unknown(("sources.s.id",))
    assert made["endpoint"] == Unknown(("sources.s.endpoint",))
    assert made["region"] == Unknown(("sources.s.region",))


STABLE: dict[str, tuple[dict[str, Any], object]] = {
    "a name that is known": ({"name": "a", "note": Unknown()}, "stream:a"),
    "a name that is not": ({"name": Unknown()}, Unknown(("streams.a.id",))),
    "a secret name": ({"name": Sensitive("a")}, "stream:a"),
}


@pytest.mark.parametrize(("desired", "id"), STABLE.values(), ids=STABLE)
def test_a_stable_id_is_known_before_its_object(desired: dict[str, Any], id: object) -> None:
    assert attributes_of_new(address("streams.a"), Streams, schema_of(Stream), desired)["id"] == id


KEYS: dict[str, tuple[dict[str, Any], tuple[str, ...] | None]] = {
    "a name": ({"name": "a"}, ("a",)),
    "a number as text": ({"name": 5}, ("5",)),
    "a secret name": ({"name": Sensitive("a")}, ("a",)),
    "no name": ({}, None),
    "null": ({"name": None}, None),
    "a name that is not known": ({"name": Unknown()}, None),
}


@pytest.mark.parametrize(("tree", "key"), KEYS.values(), ids=KEYS)
def test_the_natural_key_is_the_identity_as_text(tree: dict[str, Any], key: tuple[str, ...] | None) -> None:
    assert natural_key(schema_of(Stream), tree) == key


def test_an_intent_is_told_the_identity_in_plain() -> None:
    assert identity_of(schema_of(Stream), {"name": Sensitive("a"), "partitions": 3}) == {"name": "a"}


def test_a_record_that_does_not_tell_its_variant_has_what_all_variants_share() -> None:
    world = World.applied("pipelines: {p: {}}")
    world.rewrite("pipelines.p", applied={})
    assert known(world).schema(world.record("pipelines.p")) is schema_of(Pipelines.model)


SEAL = seal_of()
LATER = Unknown(("sources.s.k",))
OPENED: dict[str, tuple[Any, Any, Any]] = {
    # what was applied under a key, what the file says now, what others may know
    "what is no secret, as it was applied": ("old", "new", "old"),
    "a secret, from the file": (SEAL.seal("x"), Sensitive("x"), Sensitive("x")),
    "a secret that the file has changed": (SEAL.seal("x"), Sensitive("y"), LATER),
    "a secret that the file has no longer": (SEAL.seal("x"), None, LATER),
    "a map with a secret": (
        {"a": "old", "b": SEAL.seal("x")},
        {"a": "new", "b": Sensitive("x")},
        {"a": "old", "b": Sensitive("x")},
    ),
    "a secret in a map that is gone": ({"b": SEAL.seal("x")}, "text", {"b": Unknown(("sources.s.k.b",))}),
    "a list with a secret": (["a", SEAL.seal("x")], ["a", Sensitive("x")], ["a", Sensitive("x")]),
    "a list with a secret that changed": (["a", SEAL.seal("x")], ["a", Sensitive("y")], LATER),
    "a list without": (["a"], ["b"], ["a"]),
}


@pytest.mark.parametrize(("applied", "desired", "seen"), OPENED.values(), ids=OPENED)
def test_of_what_is_left_out_others_see_what_was_applied_and_secrets_from_the_file(
    applied: Any, desired: Any, seen: Any
) -> None:
    assert opened(address("sources.s"), {"k": applied}, {"k": desired}, SEAL) == {"k": seen}


OURS = Live("c1", {"name": "in"}, START)
THEIRS = Live("c2", {"name": "theirs"}, START)
TWICE: dict[str, tuple[dict[str, Live], set[str]]] = {
    "nothing but what is ours": ({"c1": OURS}, set()),
    "another object with the id of ours": ({"c1": Live("c1", {"name": "another"}, START)}, {"c1"}),
    "one that does not say when it was made": ({"c1": Live("c1", {"name": "in"})}, {"c1"}),
    "what is foreign as both": ({"c1": OURS, "c2": THEIRS}, set()),
    "what is foreign as this alone": ({"c3": THEIRS}, {"c3"}),
}


@pytest.mark.parametrize(("sources", "expected"), TWICE.values(), ids=TWICE)
def test_an_object_that_is_shown_as_two_kinds_is_ours_as_both_and_foreign_once(
    sources: dict[str, Live], expected: set[str]
) -> None:
    record = replace(World.applied("sources: {s: {host: a}}").record("sources.s"), id="c1", section="destinations")
    state = State("test", "default", "lineage", 1, records={record.address: record})
    key, other = ("cloud", "destinations", record.kind), ("cloud", "sources", record.kind)
    found = foreign(Observed({key: {"c1": OURS, "c2": THEIRS}, other: sources}), state, {})
    assert found == {key: {"c2"}, other: expected}
