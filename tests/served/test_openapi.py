"""The engine is what its own description says: every path, every answer, whatever is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from stackfile_local.kinds.every import BY_SECTION
from stackfile_local.server.app import EVENTS
from stackfile_local.server.control import ROUTES
from stackfile_local.server.openapi import document
from stackfile_local.server.processor_routes import ROUTES as PROCESSOR_ROUTES
from stackfile_local.server.resource_routes import ROUTES as RESOURCE_ROUTES
from tests.served.serving import Serving

DOCUMENT = document()
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
KNOWN = ["one", "two", "group"]

SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(KNOWN)
ANYTHING = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
OPERATION = st.fixed_dictionaries(
    {"type": st.sampled_from(["filter", "map", "select", "window", "aggregate", "route", "x"])},
    optional={name: ANYTHING for name in ("predicate", "function", "fields", "windowType", "duration", "aggregation")},
)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(KNOWN) | st.uuids().map(str),
    "source": st.just("one"),
    "sink": st.just("two"),
    "operations": st.just([]) | st.lists(OPERATION, max_size=2),
    "offsets": st.lists(
        st.fixed_dictionaries({"stream": st.just("one"), "partition": st.integers(0, 2), "offset": st.integers(0, 3)}),
        min_size=1,
        max_size=2,
    ),
    "events": st.lists(st.fixed_dictionaries({"value": ANYTHING}, optional={"key": ANYTHING}), min_size=1, max_size=3),
    "options": st.just({}) | st.just({"compression": "gzip"}),
    "config": st.just({}) | ANYTHING,
    "partitions": st.integers(1, 4),
    "replicationFactor": st.integers(1, 4),
    "headers": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    "eventId": st.text(min_size=1, max_size=5),
    "consumerGroup": st.sampled_from(KNOWN),
    "offset": st.sampled_from(["earliest", "latest", "0", "3"]),
    "partition": st.sampled_from(["0", "1", "2"]),
    "limit": st.sampled_from(["1", "2", "100000"]),
    "autoCommit": st.sampled_from(["true", "false"]),
    "timeout": st.just("0"),
    "wait": st.just("0"),
    "writeTimeout": st.just("5000"),
    "fields": st.fixed_dictionaries(
        {"name": st.sampled_from(KNOWN) | st.uuids().map(str)},
        optional={"source": st.just("stream:one"), "destination": st.just("stream:two"), "partitions": ANYTHING},
    ),
    "mark": st.none() | st.text(max_size=5),
    "force": st.sampled_from(["true", "false"]),
}
"""What is mostly well for a field or a parameter."""
ODD = st.sampled_from(["0", "-1", "9" * 30, "x", "", "earliest"]) | st.text(max_size=5)


def bodies(method: str, path: str) -> st.SearchStrategy[Any]:
    """What a schema asks for, or nearly, or anything."""
    named = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = DOCUMENT["components"]["schemas"][named.rpartition("/")[2]]
    parts = {name: GOOD.get(name, ANYTHING) for name in schema["properties"]}
    needed = {name: parts.pop(name) for name in schema.get("required", ())}
    well = st.fixed_dictionaries(needed, optional=parts)
    nearly = st.fixed_dictionaries(
        {}, optional={name: part | ANYTHING for name, part in {**needed, **parts, "odd": ANYTHING}.items()}
    )
    return st.one_of(well, well, nearly, ANYTHING)


def queries(method: str, path: str) -> st.SearchStrategy[dict[str, str]]:
    names = [p["$ref"].rpartition("/")[2] for p in DOCUMENT["paths"][path][method].get("parameters", ())]
    found = [(name, DOCUMENT["components"]["parameters"][name]) for name in names]
    asked = {one["name"]: GOOD[name] for name, one in found if one["in"] == "query"}
    needed = {name: asked.pop(name) for name in ("consumerGroup", "timeout", "wait") if name in asked}
    well = st.fixed_dictionaries(needed, optional=asked)
    odd = {name: ODD for name in (*asked, "odd")}
    waits = ("timeout", "wait")
    return (
        well
        | well
        | st.fixed_dictionaries({name: needed[name] | ODD for name in needed if name not in waits}, optional=odd)
    )


def test_every_route_is_described_and_all_that_is_described_is_a_route() -> None:
    routed = {(method.lower(), path) for method, path, _ in (*ROUTES, *PROCESSOR_ROUTES, *RESOURCE_ROUTES)}
    routed |= {(method.lower(), f"/api/v1/streams/{{name}}/{tail}") for method, tail in EVENTS}
    assert sorted(routed) == sorted(OPERATIONS)


def test_what_is_described_is_what_is_answered_to_who_asks_for_it(served: Serving) -> None:
    assert served.ask("GET", "/openapi.json")[1] == json.loads(json.dumps(DOCUMENT))
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def complaints(method: str, path: str, status: int, body: bytes, kind: str) -> Iterator[str]:
    described = DOCUMENT["paths"][path][method]["responses"].get(str(status))
    if described is None:
        yield f"{status} is not described"
    elif kind == "application/json" and kind in described["content"]:
        found = validator(described["content"][kind]["schema"]).iter_errors(json.loads(body))
        yield from (error.message for error in found)


@pytest.fixture(scope="module")
def engine(served: Serving) -> Serving:
    for name in ("one", "two"):
        served.made(name, partitions=2)
        served.produced(name, *[{"key": n, "value": {"n": n}} for n in range(4)])
    for group in KNOWN:
        served.consumed("one", group)
    made = {"name": "group", "source": "one", "sink": "two", "operations": []}
    assert served.ask("POST", "/api/v1/processors", made)[0] == 201
    return served


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_is_asked_is_answered_as_described_and_never_with_a_mistake_of_ours(
    engine: Serving, method: str, path: str, data: st.DataObject
) -> None:
    names = st.sampled_from(KNOWN) | st.text(min_size=1, max_size=5).filter(lambda text: "/" not in text)
    if method == "delete":
        names = st.text(min_size=3, max_size=5).map(lambda text: f"x{text}".replace("/", "-"))
    path_names = {"section": st.sampled_from([*BY_SECTION, "odd"])}
    url = re.sub(
        r"\{(\w+)\}",
        lambda name: quote(data.draw(path_names.get(name[1], names)), safe="").replace(".", "%2E"),
        path,
    )
    more: dict[str, Any] = {"params": data.draw(queries(method, path))}
    if "requestBody" in DOCUMENT["paths"][path][method]:
        more["content"] = json.dumps(data.draw(bodies(method, path))).encode()
    answer = engine.bare(method.upper(), url, **more)
    assert answer.status_code < 500, answer.text
    kind = answer.headers["content-type"].partition(";")[0]
    assert list(complaints(method, path, answer.status_code, answer.content, kind)) == []
