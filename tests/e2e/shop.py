"""The stack that most tests drive: orders come from a file, large ones go into another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from stackfile.engine.clock import SystemClock
from stackfile.sdk.provider import Session, Step, Update
from stackfile_local import Local
from stackfile_local.kinds.stream import Stream
from stackfile_local.settings import LocalSettings

SHOP = """\
version: 1
name: shop

variables:
  keep: {default: 7d}

defaults: {provider: local}

sources:
  orders:
    connector: file
    path: orders.ndjson
    stream: streams.orders

streams:
  orders: {retention: "{{ var.keep }}"}
  large: {partitions: 2}

pipelines:
  large:
    source: streams.orders
    operations:
      - filter: value.amount >= 100
    destination: streams.large

destinations:
  file:
    connector: file
    path: large.ndjson
    stream: streams.large

outputs:
  keep: {value: "{{ var.keep }}"}
  large: {value: "{{ streams.large.id }}"}
"""

ORDERS = """\
{"order": 1, "amount": 120}
{"order": 2, "amount": 45}
{"order": 3, "amount": 310}
"""


class _NoJournal(Step):
    async def created(self, id: str) -> None: ...

    async def phase(self, name: str) -> None: ...


def keep_elsewhere(folder: Path, stream: str, retention: str) -> None:
    """Somebody who does not know of the stackfile changes a stream, straight in the engine."""

    async def change(engine: Local) -> None:
        kind = next(kind for kind in engine.kinds if kind.section == "streams")
        live = next(one for one in await kind.list_all() if one.fields["name"] == stream)
        wish = Stream(name=stream, retention=retention)
        await kind.update(Update(live, wish, {("retention",): retention}), _NoJournal())

    _in_the_engine(folder, change)


def spread_elsewhere(folder: Path, stream: str, partitions: int) -> None:
    """Somebody who does not know of the stackfile gives a stream more partitions, straight in the engine."""

    async def change(engine: Local) -> None:
        kind = next(kind for kind in engine.kinds if kind.section == "streams")
        live = next(one for one in await kind.list_all() if one.fields["name"] == stream)
        wish = Stream(name=stream, partitions=partitions)
        await kind.update(Update(live, wish, {("partitions",): partitions}), _NoJournal())

    _in_the_engine(folder, change)


def remove_elsewhere(folder: Path, section: str, name: str) -> None:
    """Somebody who does not know of the stackfile deletes an object, straight in the engine."""

    async def remove(engine: Local) -> None:
        kind = next(kind for kind in engine.kinds if kind.section == section)
        live = next(one for one in await kind.list_all() if one.fields["name"] == name)
        await kind.delete(live, _NoJournal())

    _in_the_engine(folder, remove)


def _in_the_engine(folder: Path, work: Callable[[Local], Awaitable[None]]) -> None:
    async def connected() -> None:
        engine = Local.embedded(LocalSettings(), Session(folder / ".stack/default", folder, SystemClock(), "local"))
        try:
            await work(engine)
        finally:
            await engine.close()

    asyncio.run(connected())
