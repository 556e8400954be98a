"""Changes a stream as somebody would who does not know of the stackfile: straight in the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stackfile.engine.clock import SystemClock
from stackfile.sdk.provider import Session, Step, Update
from stackfile_local import Local
from stackfile_local.kinds.stream import Stream
from stackfile_local.settings import LocalSettings


class NoJournal(Step):
    """Nobody takes notes here."""

    async def created(self, id: str) -> None: ...

    async def phase(self, name: str) -> None: ...


async def main() -> None:
    session = Session(Path(".stack/default"), Path(), SystemClock(), "local")
    engine = Local.embedded(LocalSettings(), session)
    streams = next(kind for kind in engine.kinds if kind.section == "streams")
    live = await streams.read("stream:late")
    if live is None:
        raise SystemExit("there is no stream `late`: apply the stack first")
    await streams.update(Update(live, Stream(name="late", retention="365d"), {("retention",): "365d"}), NoJournal())
    await engine.close()
    print("streams.late now keeps its events for 365d")


asyncio.run(main())
