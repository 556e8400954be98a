"""`stack engine top` looks at a served engine and into its folder, and sees the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from stackfile.cli.engine_top import EngineEye
from stackfile.engine.clock import SystemClock
from stackfile.errors import DiagnosticError, Unreachable
from stackfile.report.status import Status
from tests.served.serving import Serving, serving

T = TypeVar("T")
COUNT: dict[str, Any] = {
    "name": "counts",
    "source": "clicks",
    "sink": "counted",
    "operations": [
        {"type": "window", "windowType": "tumbling", "duration": 3_600_000},
        {"type": "aggregate", "aggregation": "count", "groupBy": "page"},
    ],
}


def shown(status: Status) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What does not change from one second to the next."""
    steady = ("read", "written", "events", "partitions", "retention", "lag", "errors", "late")
    return [
        (str(row.address), row.kind, row.state, {one.name: one.value for one in row.values if one.name in steady})
        for row in status.rows
    ]


def eye_of(**settings: Any) -> EngineEye:
    return EngineEye(settings, SystemClock())


def looking(eye: EngineEye, work: Callable[[EngineEye], Coroutine[Any, Any, T]]) -> T:
    async def closing() -> T:
        try:
            return await work(eye)
        finally:
            await eye.close()

    return asyncio.run(closing())


def fill(engine: Serving) -> None:
    engine.made("clicks", partitions=2)
    engine.made("counted")
    assert engine.ask("POST", "/api/v1/processors", COUNT)[0] == 201
    engine.produced("clicks", *[{"key": str(n), "value": {"page": "/a"}} for n in range(10)])
    engine.consumed("clicks", "readers")
    first = {"offsets": [{"stream": "clicks", "partition": 0, "offset": 1}]}
    assert engine.ask("POST", "/api/v1/consumers/readers/commit", first)[0] == 200


def has_read(engine: Serving) -> bool:
    (one,) = engine.ask("GET", "/api/v1/processors")[1]["processors"]
    return bool(one["metrics"]["eventsProcessed"] == 10)


def test_a_served_engine_and_its_folder_tell_the_same_and_one_that_went_away_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        fill(engine)
        engine.until(lambda: has_read(engine))

        async def before_and_after(eye: EngineEye) -> tuple[Status, Status]:
            first = await eye.look()
            assert eye.reached
            engine.kill()
            return first, await eye.look()

        folder = looking(eye_of(data_dir=str(tmp_path)), lambda eye: eye.look())
        over_http, gone = looking(eye_of(url=engine.url, token=None), before_and_after)
    assert shown(over_http) == shown(folder)
    assert shown(folder) == [
        ("counts", "local pipeline", "running", {"read": 10, "written": 0, "lag": 0, "errors": 0, "late": 0}),
        ("clicks", "local stream", "ready", {"events": 10, "partitions": 2, "retention": "7d"}),
        ("counted", "local stream", "ready", {"events": 0, "partitions": 1, "retention": "7d"}),
    ]
    assert [(one.group, one.stream, one.values[0].value) for one in over_http.consumers] == [("readers", "clicks", 9)]
    assert over_http.consumers == folder.consumers
    assert (gone.rows, "did not answer" in gone.notes[0]) == ((), True)


def test_what_keeps_top_from_looking_is_told_with_the_way_out(tmp_path: Path) -> None:
    with serving(tmp_path, "--token-file", str(_token(tmp_path)), token="secret") as engine:
        for token, says in ((None, "asks for a token"), ("other", "does not take this token")):
            with pytest.raises(DiagnosticError) as caught:
                looking(eye_of(url=engine.url, token=token), lambda eye: eye.look())
            (told,) = caught.value.diagnostics
            assert (told.code, told.message) == ("auth-failed", f"the engine at {engine.url} {says}")
            assert told.help == ("Name the file that holds the engine's token: stack engine top --token-file FILE",)
        assert looking(eye_of(url=engine.url, token="secret"), lambda eye: eye.look()).rows == []
        engine.kill()
        with pytest.raises(Unreachable):
            looking(eye_of(url=engine.url, token="secret"), lambda eye: eye.look())


def _token(folder: Path) -> Path:
    file = folder / "token"
    file.touch(0o600)
    file.write_text("secret\n")
    return file
