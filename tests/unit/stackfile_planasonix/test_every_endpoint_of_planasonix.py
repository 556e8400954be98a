"""Every endpoint that Planasonix's page on streams names is asked by some command or kind, and ours says which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from stackfile.values import Tree
from tests.unit.stackfile_planasonix.in_operation import Operated, operated, stream

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "planasonix.md"
OF_STREAMS = (
    "GET /api/streams",
    "POST /api/streams",
    "GET /api/streams/summary",
    "DELETE /api/streams/{id}",
    "POST /api/streams/{id}/start",
    "POST /api/streams/{id}/stop",
    "POST /api/streams/{id}/pause",
    "POST /api/streams/{id}/resume",
    "GET /api/streams/{id}/metrics",
)


def test_every_endpoint_of_streams_is_asked_by_what_its_row_names(tmp_path: Path) -> None:
    async def story(at: Operated) -> None:
        async def asks(resources: Mapping[str, Tree], *endpoints: str) -> None:
            at.forget()
            await at.bench.apply(resources)
            assert {one for one in asked(at) if not one.startswith("GET")} == set(endpoints)

        await asks({"streams.a": stream("a")}, OF_STREAMS[1], OF_STREAMS[4])
        for status, endpoint in (("paused", 6), ("running", 7), ("stopped", 5), ("running", 4)):
            await asks({"streams.a": stream("a", status=status)}, OF_STREAMS[endpoint])
        await at.workspace.conditions.clock.sleep(5)
        at.forget()
        await at.status({"streams.a": stream("a")}, window="1h")
        assert asked(at) == {OF_STREAMS[0], OF_STREAMS[2], OF_STREAMS[8]}
        await asks({}, OF_STREAMS[5], OF_STREAMS[3])

    operated(tmp_path, story)


def test_the_page_names_each_endpoint_of_streams_and_what_uses_it() -> None:
    rows = dict(re.findall(r"(?m)^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \| (.+) \|$", PAGE.read_text("utf-8")))
    assert [one for one in rows if one.split()[1].startswith("/api/streams")] == list(OF_STREAMS)
    assert [endpoint for endpoint, use in rows.items() if "yet" in use or not use.strip()] == []


def asked(at: Operated) -> set[str]:
    return {f"{call.method} {_shape(call.path)}" for call in at.service.calls.made if call.status in (200, 201)}


def _shape(path: str) -> str:
    return re.sub(r"(?<=/)str_\w+", "{id}", path)
