"""What an export writes of live objects: keys, fields, references, and variables for secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stackfile.plan.export import Exporter, Found, addresses, identifier
from stackfile.sdk.provider import Kind, Live
from tests.unit.plan.cloud import Destinations, Pipelines, Sources, Streams

KINDS: Mapping[str, type[Kind[Any]]] = {
    "streams": Streams,
    "sources": Sources,
    "pipelines": Pipelines,
    "destinations": Destinations,
}


def found(section: str, id: str, provider: str = "cloud", managed: bool = False, **fields: Any) -> Found:
    return Found(provider, KINDS[section], Live(id, fields), managed)


def written(*objects: Found, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    every = addresses(objects)
    exporter = Exporter(every, secrets)
    return {str(address): exporter.write(address, one).body for address, one in every.items()}


IDENTIFIERS = {
    "as it is": ("orders", "orders"),
    "other signs": ("prod-orders.eu", "prod_orders_eu"),
    "a digit first": ("2nd", "_2nd"),
    "no letter at all": ("---", "unnamed"),
    "another alphabet": ("bestellungen_\u00fcber", "bestellungen_ber"),
}


@pytest.mark.parametrize(("name", "key"), IDENTIFIERS.values(), ids=IDENTIFIERS)
def test_names_become_keys(name: str, key: str) -> None:
    assert identifier(name) == key


def test_names_that_make_the_same_key_are_numbered_in_a_stable_order() -> None:
    objects = [found("streams", f"id{at}", name=name) for at, name in enumerate(["a.b", "a-b", "a_b"])]
    expected = {"streams.a_b": "a-b", "streams.a_b_2": "a.b", "streams.a_b_3": "a_b"}
    for order in (objects, objects[::-1]):
        assert {str(address): one.name for address, one in addresses(order).items()} == expected


BODIES = {
    "only the name": ({"name": "orders"}, {}),
    "a name that is no key": ({"name": "or-ders"}, {"name": "or-ders"}),
    "a default": ({"name": "orders", "host": "localhost", "tables": []}, {}),
    "another value, in the order of the kind": (
        {"tables": ["a"], "host": "db", "name": "orders"},
        {"host": "db", "tables": ["a"]},
    ),
    "what the service decides": ({"name": "orders", "endpoint": "tcp://x"}, {}),
    "a secret that can be read": ({"name": "orders", "token": "s3cret"}, {"token": "{{ var.orders_token }}"}),
    "null": ({"name": "orders", "region": None}, {}),
}


@pytest.mark.parametrize(("fields", "expected"), BODIES.values(), ids=BODIES)
def test_what_is_written_of_an_object(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    [body] = written(found("sources", "s1", **fields)).values()
    assert body == expected
    assert list(body) == list(expected)


def test_a_reference_is_an_address_where_the_target_is_exported_and_an_id_elsewhere() -> None:
    assert written(
        found("streams", "stream:a-b", name="a-b"),
        found("sources", "s1", name="near", stream="stream:a-b"),
        found("sources", "s2", name="far", stream="stream:other"),
    ) == {
        "sources.far": {"stream": {"id": "stream:other"}},
        "sources.near": {"stream": "streams.a_b"},
        "streams.a_b": {"name": "a-b"},
    }


def test_what_is_left_out_is_looked_up_where_it_is_needed_by_name_or_by_id_where_two_have_that_name() -> None:
    every = addresses(
        [
            found("streams", "stream:a", name="a"),
            found("streams", "stream:b", name="twin"),
            found("streams", "stream:c", name="twin"),
            found("streams", "stream:d", name="unused"),
            found("sources", "s1", name="one", stream="stream:a"),
            found("sources", "s2", name="two", stream="stream:c"),
        ]
    )
    chosen = {address: one for address, one in every.items() if address.section == "sources"}
    exporter = Exporter(chosen, (), {address: one for address, one in every.items() if address not in chosen})
    assert {str(address): exporter.write(address, one).body for address, one in chosen.items()} == {
        "sources.one": {"stream": "streams.a"},
        "sources.two": {"stream": "streams.twin_2"},
    }
    assert {str(one.address): one.body for one in exporter.lookups()} == {
        "streams.a": {"existing": {"name": "a"}},
        "streams.twin_2": {"existing": {"id": "stream:c"}},
    }


def test_an_id_of_another_provider_is_another_object() -> None:
    bodies = written(
        found("streams", "stream:a", "eu", name="a"), found("sources", "s1", "us", name="s", stream="stream:a")
    )
    assert bodies["sources.s"] == {"stream": {"id": "stream:a"}}


def test_a_secret_of_the_run_becomes_a_variable_wherever_it_turns_up() -> None:
    source = found("sources", "s1", name="s", host="db?key=hunter22", config={"a": ["x", "hunter22"]})
    assert written(source, secrets=("hunter22",)) == {
        "sources.s": {"host": "{{ var.s_host }}", "config": {"a": ["x", "{{ var.s_config_a_1 }}"]}}
    }


def test_two_objects_share_no_variable() -> None:
    every = addresses([found("sources", f"s{at}", name=name, token="t") for at, name in enumerate(["a-b", "a.b"])])
    exporter = Exporter(every)
    names = [exporter.write(address, one).variables for address, one in every.items()]
    assert names == [("a_b_token",), ("a_b_2_token",)]
