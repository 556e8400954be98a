"""What an engine would refuse of a body is told of the stackfile, before anything is asked."""

from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.sdk.provider import Body
from stackfile.values import Path, Ref, Tree, Unknown
from stackfile_local.kinds.destination import FileDestination, SqliteDestination
from stackfile_local.kinds.pipeline import Pipeline
from stackfile_local.kinds.source import FileSource

VIP = Ref(Address.parse("streams.vip"), "stream:vip")
LATER = Unknown(("streams.vip.id",))

ROWS: dict[str, tuple[type[Body], Tree, list[tuple[Path, str]]]] = {
    "a suffix tells the format": (FileSource, {"path": "a.CSV", "nulls": ["NA"]}, []),
    "a path that only apply knows": (FileSource, {"path": LATER, "nulls": ["NA"]}, []),
    "nulls of lines": (
        FileSource,
        {"path": "a.ndjson", "nulls": ["NA"]},
        [(("nulls",), "only CSV has cells, and this is ndjson")],
    ),
    "dead letters of what moves nothing by itself": (
        FileSource,
        {"path": "a.csv", "dead_letter": VIP},
        [(("dead_letter",), "without `stream`, the pipeline that reads the source has one")],
    ),
    "dead letters of what feeds a stream": (FileSource, {"path": "a.csv", "dead_letter": VIP, "stream": VIP}, []),
    "columns of lines": (
        FileDestination,
        {"path": "a.csv", "format": "ndjson", "columns": ["a"]},
        [(("columns",), "only CSV has columns, and this is ndjson")],
    ),
    "a database has no format": (SqliteDestination, {"path": "out"}, []),
    "a stream by its name": (Pipeline, {"operations": [{"route": {"vip": "true"}}], "routes": [VIP]}, []),
    "a stream by its address": (
        Pipeline,
        {"operations": [{"drop": ["a"]}, {"route": {"streams.vip": "true"}}], "routes": [VIP]},
        [(("operations", 1, "route", "streams.vip"), "a stream is called by its name here")],
    ),
    "no routes at all": (
        Pipeline,
        {"operations": [{"route": {"streams.vip": "true"}}]},
        [(("operations", 0, "route", "streams.vip"), "the stream is not among the pipeline's `routes`")],
    ),
    "routes that only apply knows": (Pipeline, {"operations": [{"route": {"vip": "true"}}], "routes": LATER}, []),
}


@pytest.mark.parametrize("row", ROWS)
def test_what_an_engine_would_refuse_is_told_before(row: str) -> None:
    model, tree, problems = ROWS[row]
    assert [(one.path, one.message) for one in model.review(tree)] == problems
