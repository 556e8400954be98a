"""What is sent for a wish over a live object, by the traits of the fields."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from stackfile.sdk.provider import Body, Live, Update
from stackfile.sdk.rest.bodies import declared, fields_body, merge_body, new_body, secrets_in, whole_body
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Keyed, ListText, OnRemove, Trait
from stackfile.values import Path


class Tls(Body):
    mode: str | None = None
    key: Annotated[str | None, Trait.WRITE_ONLY] = None
    fingerprint: Annotated[str | None, Trait.COMPUTED] = None


class Column(Body):
    name: str
    type: str | None = None
    nullable: bool | None = None


class Thing(Body):
    name: str
    host: str | None = None
    port: Annotated[int, OnRemove.DEFAULT] = 5432
    note: Annotated[str | None, OnRemove.NULL] = None
    sticky: Annotated[str | None, OnRemove.KEEP] = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    pin: Annotated[int | None, Trait.SENSITIVE] = None
    status: Annotated[str | None, Trait.COMPUTED] = None
    uptime: Annotated[int | None, Trait.VOLATILE] = None
    wait_for: Annotated[str | None, Trait.LOCAL] = None
    tables: Annotated[list[str] | str | None, ListText(",")] = None
    topics: Annotated[list[str] | None, ListText(","), Trait.COMPUTED] = None
    columns: Annotated[list[Column] | None, Keyed("name")] = None
    tls: Tls | None = None
    labels: dict[str, str] | None = None
    nodes: Annotated[dict[str, Any] | None, Trait.WHOLE] = None
    listeners: dict[str, Tls] | None = None
    dotted: str | None = Field(default=None, alias="heartbeat.enabled")


SCHEMA = schema_of(Thing)


def _update(
    live: dict[str, Any],
    desired: dict[str, Any],
    changed: dict[Path, Any] | None = None,
    removed: tuple[Path, ...] = (),
) -> Update[Thing]:
    return Update(Live("t_1", live), Thing.model_validate({"name": "a", **desired}), changed or {}, removed)


NEW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "only what the file sets": ({}, {"name": "a"}),
    "a default that is written": ({"port": 5432}, {"name": "a", "port": 5432}),
    "null is as good as unset": ({"host": None, "tls": {"mode": None}}, {"name": "a", "tls": {}}),
    "null in free JSON is a value": ({"nodes": {"a": None}}, {"name": "a", "nodes": {"a": None}}),
    "what only the state knows stays home": ({"wait_for": "5m"}, {"name": "a"}),
    "secrets are sent": ({"password": "p"}, {"name": "a", "password": "p"}),
    "a list where the service wants text": ({"tables": ["a", "b"]}, {"name": "a", "tables": "a,b"}),
    "a text where a list may be": ({"tables": "a,b"}, {"name": "a", "tables": "a,b"}),
    "the service's own names": ({"heartbeat.enabled": "x"}, {"name": "a", "heartbeat.enabled": "x"}),
}


@pytest.mark.parametrize("case", NEW)
def test_a_create_sends_the_wish(case: str) -> None:
    desired, expected = NEW[case]
    assert new_body(Thing.model_validate({"name": "a", **desired}), SCHEMA) == expected


WHOLE: dict[str, tuple[Update[Thing], dict[str, Any]]] = {
    "live fields that the file leaves alone stay": (
        _update({"name": "a", "host": "h", "port": 1}, {"port": 2}),
        {"name": "a", "host": "h", "port": 2},
    ),
    "a wish of null does not clear what the service decided": (
        _update({"name": "a", "host": "h"}, {"host": None}),
        {"name": "a", "host": "h"},
    ),
    "what the service computes is not sent back": (
        _update(
            {"name": "a", "status": "ready", "topics": ["t"], "uptime": 4, "tls": {"fingerprint": "f", "mode": "m"}}, {}
        ),
        {"name": "a", "tls": {"mode": "m"}},
    ),
    "the mask of a secret is not sent as the secret": (
        _update({"name": "a", "password": "***", "tls": {"key": "***"}, "listeners": {"x": {"key": "***"}}}, {}),
        {"name": "a", "tls": {}, "listeners": {"x": {}}},
    ),
    "the secret itself is": (
        _update({"name": "a", "password": "***"}, {"password": "p", "tls": {"key": "k"}}),
        {"name": "a", "password": "p", "tls": {"key": "k"}},
    ),
    "maps merge by leaf": (
        _update({"name": "a", "labels": {"x": "1", "y": "2"}}, {"labels": {"y": "3", "z": "4"}}),
        {"name": "a", "labels": {"x": "1", "y": "3", "z": "4"}},
    ),
    "what is owned whole replaces": (
        _update({"name": "a", "nodes": {"x": 1}}, {"nodes": {"y": 2}}),
        {"name": "a", "nodes": {"y": 2}},
    ),
    "maps of models merge by entry": (
        _update({"name": "a", "listeners": {"x": {"mode": "m"}, "y": {}}}, {"listeners": {"x": {"key": "k"}}}),
        {"name": "a", "listeners": {"x": {"mode": "m", "key": "k"}, "y": {}}},
    ),
    "keyed elements keep what the service filled in; those that are not wanted go": (
        _update(
            {"name": "a", "columns": [{"name": "old"}, {"name": "b", "nullable": True}]},
            {"columns": [{"name": "b", "type": "int"}, {"name": "c"}]},
        ),
        {"name": "a", "columns": [{"name": "b", "nullable": True, "type": "int"}, {"name": "c"}]},
    ),
    "removed, to be left out": (_update({"name": "a", "host": "h"}, {}, removed=(("host",),)), {"name": "a"}),
    "removed, to be null": (_update({"name": "a", "note": "n"}, {}, removed=(("note",),)), {"name": "a", "note": None}),
    "removed, to be the default": (
        _update({"name": "a", "port": 1}, {}, removed=(("port",),)),
        {"name": "a", "port": 5432},
    ),
    "removed, and the service keeps it": (
        _update({"name": "a", "sticky": "s"}, {}, removed=(("sticky",),)),
        {"name": "a", "sticky": "s"},
    ),
    "a key removed from a map": (
        _update({"name": "a", "labels": {"x": "1", "y": "2"}}, {"labels": {"y": "2"}}, removed=(("labels", "x"),)),
        {"name": "a", "labels": {"y": "2"}},
    ),
    "the last key removed from a map that is still wanted": (
        _update({"name": "a", "labels": {"x": "1"}}, {"labels": {}}, removed=(("labels", "x"),)),
        {"name": "a", "labels": {}},
    ),
    "a default that only the change names": (
        _update({"name": "a", "port": 1}, {}, {("port",): 5432}),
        {"name": "a", "port": 5432},
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_put_sends_the_wish_over_what_is_live(case: str) -> None:
    change, expected = WHOLE[case]
    assert whole_body(change, SCHEMA) == expected


PATCHES: dict[str, tuple[Update[Thing], dict[str, Any], dict[str, Any]]] = {
    "a field": (
        _update({"name": "a", "host": "h", "port": 1}, {"port": 2}, {("port",): 2}),
        {"port": 2},
        {"port": 2},
    ),
    "a key in a map: the map goes whole": (
        _update({"name": "a", "labels": {"x": "1"}}, {"labels": {"y": "2"}}, {("labels", "y"): "2"}),
        {"labels": {"x": "1", "y": "2"}},
        {"labels": {"x": "1", "y": "2"}},
    ),
    "a key that goes from a map": (
        _update({"name": "a", "labels": {"x": "1", "y": "2"}}, {"labels": {"y": "2"}}, removed=(("labels", "x"),)),
        {"labels": {"y": "2"}},
        {"labels": {"y": "2", "x": None}},
    ),
    "a field that goes": (
        _update({"name": "a", "host": "h"}, {}, removed=(("host",),)),
        {"host": None},
        {"host": None},
    ),
    "a field that goes back to its default": (
        _update({"name": "a", "port": 1}, {}, removed=(("port",),)),
        {"port": 5432},
        {"port": 5432},
    ),
    "an element of a list: the list goes whole": (
        _update(
            {"name": "a", "columns": []}, {"columns": [{"name": "b", "type": "int"}]}, {("columns", 0, "type"): "int"}
        ),
        {"columns": [{"name": "b", "type": "int"}]},
        {"columns": [{"name": "b", "type": "int"}]},
    ),
    "what is owned whole: null for what must not be there": (
        _update(
            {"name": "a", "nodes": {"x": 1, "deep": {"p": 1, "q": 2}}},
            {"nodes": {"y": 2, "deep": {"p": 1}}},
            {("nodes",): {"y": 2, "deep": {"p": 1}}},
        ),
        {"nodes": {"y": 2, "deep": {"p": 1}}},
        {"nodes": {"x": None, "y": 2, "deep": {"q": None, "p": 1}}},
    ),
    "nothing differs: the whole wish, secrets with it": (
        _update({"name": "a"}, {"password": "p"}),
        {"name": "a", "password": "p"},
        {"name": "a", "password": "p"},
    ),
}


@pytest.mark.parametrize("case", PATCHES)
def test_a_patch_sends_what_differs(case: str) -> None:
    change, replacing, merging = PATCHES[case]
    assert fields_body(change, SCHEMA) == replacing
    assert merge_body(change, SCHEMA) == merging


def test_of_an_answer_only_what_the_model_knows_is_taken() -> None:
    item = {
        "id": "t_1",
        "name": "a",
        "password": "***",
        "status": "ready",
        "extra": 1,
        "tls": {"mode": "m", "key": "***", "more": 2},
        "columns": [{"name": "b", "more": 3}],
        "labels": {"any": "thing"},
        "listeners": {"x": {"mode": "m", "more": 4}},
    }
    assert declared(item, SCHEMA) == {
        "name": "a",
        "status": "ready",
        "columns": [{"name": "b"}],
        "tls": {"mode": "m"},
        "labels": {"any": "thing"},
        "listeners": {"x": {"mode": "m"}},
    }


def test_secrets_are_found_at_every_depth() -> None:
    tree = {
        "name": "a",
        "password": "p",
        "pin": 1234,
        "tls": {"key": "k"},
        "listeners": {"x": {"key": "l", "mode": "m"}},
    }
    assert sorted(secrets_in(tree, SCHEMA)) == ["1234", "k", "l", "p"]
