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

from stackfile_local.server.app import EVENTS
from stackfile_local.server.control import ROUTES
from stackfile_local.server.openapi import document
from stackfile_local.server.processor_routes import ROUTES as PROCESSOR_ROUTES
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
FIELDS = {
    "name": st.sampled_from(KNOWN),
    "source": st.just("one"),
    "sink": st.just("two"),
    "operations": st.lists(OPERATION, max_size=2),
    "offsets": st.lists(
        st.fixed_dictionaries({"stream": st.just("one"), "partition": SIMPLE, "offset": SIMPLE}), max_size=2
    ),
    "events": st.lists(st.fixed_dictionaries({}, optional={"value": ANYTHING, "key": ANYTHING}), max_size=3),
}


def of(schema: Mapping[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Mostly what a schema asks for, and now and then anything."""
    if "$ref" in schema:
        return of(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
    if schema.get("type") == "object" and schema.get("properties"):
        parts = {key: of(part, key) for key, part in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional={**parts, "odd": ANYTHING}) | ANYTHING
    return FIELDS[name] | ANYTHING if name in FIELDS else ANYTHING


def query(method: str, path: str) -> st.SearchStrategy[dict[str, str]]:
    names = [p["$ref"].rpartition("/")[2] for p in DOCUMENT["paths"][path][method].get("parameters", ())]
    found = [DOCUMENT["components"]["parameters"][name] for name in names]
    numbers = st.sampled_from(["0", "1", "earliest", "latest", "true", "group", "-1", "9" * 30, "x", ""]) | st.text()
    wanted = {one["name"]: numbers for one in found if one["in"] == "query" and one["name"] != "timeout"}
    waits = st.just("0") if any(one["name"] == "timeout" for one in found) else st.nothing()
    optional = {**wanted, "odd": st.text(max_size=3)}
    return st.fixed_dictionaries({"timeout": waits} if not waits.is_empty else {}, optional=optional)


def test_every_route_is_described_and_all_that_is_described_is_a_route() -> None:
    routed = {(method.lower(), path) for method, path, _ in (*ROUTES, *PROCESSOR_ROUTES)}
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
    served.consumed("one", "group")
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
    url = re.sub(r"\{\w+\}", lambda _: quote(data.draw(names), safe="").replace(".", "%2E"), path)
    more: dict[str, Any] = {"params": data.draw(query(method, path))}
    if "requestBody" in DOCUMENT["paths"][path][method]:
        schema = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        more["content"] = json.dumps(data.draw(of(schema))).encode()
    answer = engine.bare(method.upper(), url, **more)
    assert answer.status_code < 500, answer.text
    kind = answer.headers["content-type"].partition(";")[0]
    assert list(complaints(method, path, answer.status_code, answer.content, kind)) == []
