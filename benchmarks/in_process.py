"""A local engine within this process: what the benchmarks of the engine run on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackfile.engine.clock import SystemClock
from stackfile.sdk.operations import RunRequest
from stackfile.sdk.provider import Session
from stackfile.sdk.schema import schema_for
from stackfile_local.engine import log
from stackfile_local.engine.events import Event
from stackfile_local.engine.log import Packed, Stream
from stackfile_local.provider import Local
from stackfile_local.settings import LocalSettings

KEYS = 1000
START = 1_700_000_000_000
_AT_ONCE = 100_000


class _Step:
    mark = ""

    async def created(self, id: str) -> None:
        pass

    async def phase(self, name: str) -> None:
        pass


@dataclass
class Engine:
    folder: Path

    def __post_init__(self) -> None:
        self.local = Local.embedded(LocalSettings(), Session(self.folder, self.folder, SystemClock()))
        self._kinds = {kind.section: kind for kind in self.local.kinds}

    def make(self, section: str, **body: Any) -> str:
        kind = self._kinds[section]
        return str(asyncio.run(kind.create(schema_for(type(kind), body).typed(body), _Step())).id)

    def run(self) -> float:
        """Seconds until all is moved."""
        started = time.monotonic()
        asyncio.run(self.local.run(RunRequest((), True, lambda: False), lambda progress: None))
        return time.monotonic() - started

    def append(self, packed: Sequence[Packed]) -> None:
        """To the stream `s`, which was made first."""
        with self.local.store.transaction() as transaction:
            log.append(transaction, stream(), packed, self.local.store.append_time(transaction))

    def close(self) -> None:
        asyncio.run(self.local.close())


def stream() -> Stream:
    body = {"name": "s", "partitions": 1, "retention": "7d", "max_message_size": "1MiB", "compression": "none"}
    return Stream.of(1, body)


def values(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Small values of a thousand keys, a millisecond apart."""
    chance = random.Random(7 + first)
    return [
        {"k": f"key-{chance.randrange(KEYS)}", "x": chance.randrange(2000), "t": START + n}
        for n in range(first, first + count)
    ]


def events(given: Sequence[dict[str, Any]]) -> list[Event]:
    return [(None, value, None, value["t"], 0, number) for number, value in enumerate(given)]


def packed(given: Sequence[Event]) -> list[list[Packed]]:
    """In the portions in which they are appended."""
    return [log.encode(stream(), given[start : start + _AT_ONCE], 0)[0] for start in range(0, len(given), _AT_ONCE)]
