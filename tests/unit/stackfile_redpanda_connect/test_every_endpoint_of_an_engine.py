"""Every endpoint of the published page on the streams API is asked, or its avoidance is explained."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from stackfile.cli.faring import Faring
from stackfile.testing.bench import Bench
from stackfile.values import Tree
from tests.conformance.redpanda_connect_cases import DROP, GENERATE, SLOWER, UPPER, world

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "redpanda_connect.md"
PUBLISHED = (
    "GET /ready",
    "GET /streams",
    "POST /streams",
    "POST /streams/{id}",
    "GET /streams/{id}",
    "PUT /streams/{id}",
    "PATCH /streams/{id}",
    "DELETE /streams/{id}",
    "GET /streams/{id}/stats",
    "POST /resources/{type}/{id}",
)
AVOIDED = {"GET /ready", "POST /streams", "PATCH /streams/{id}"}


def stack(source: Tree) -> Mapping[str, Tree]:
    return {
        "resources.upper": {"type": "processor", "config": UPPER},
        "streams.ticks": {"config": {"input": source, "output": DROP}},
    }


def test_every_endpoint_is_asked_but_those_that_are_avoided(tmp_path: Path) -> None:
    async def story() -> set[str]:
        there = world(tmp_path)
        bench = Bench.over(there)
        await bench.apply(stack(GENERATE))
        await bench.apply(stack(SLOWER))
        faring = Faring(bench.stack(stack(SLOWER)), ())
        await faring.look()
        await faring.close()
        await bench.apply({})
        await bench.close()
        assert there.service is not None
        return {f"{call.method} {_shape(call.path)}" for call in there.service.calls.made}

    asked = asyncio.run(story())
    assert sorted({*PUBLISHED, "GET /{id}/ready"} - asked) == sorted(AVOIDED)


def test_the_page_names_each_endpoint_and_what_uses_it() -> None:
    rows = dict(re.findall(r"(?m)^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]+)` \| (.+) \|$", PAGE.read_text("utf-8")))
    assert tuple(rows) == PUBLISHED
    assert {endpoint for endpoint, use in rows.items() if use.startswith("avoided: ")} == AVOIDED


def _shape(path: str) -> str:
    path = re.sub(r"^/streams/[^/]+", "/streams/{id}", path)
    path = re.sub(r"^/resources/[^/]+/[^/]+", "/resources/{type}/{id}", path)
    return re.sub(r"^/ticks/", "/{id}/", path)
