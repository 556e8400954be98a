"""Who keeps a place among the changes at work: a call that is under way, and nobody who only writes down what came."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from stackfile.engine.apply import Orders
from stackfile.testing.faults import Fuse
from tests.unit.engine.stand import TWO, Stand

T = TypeVar("T")
LONGEST = 20.0


@dataclass
class Late(Fuse):
    """No result is written before three objects were made."""

    made: int = 0
    all: asyncio.Event = field(default_factory=asyncio.Event)

    async def effect(self, name: str, call: Callable[[], Awaitable[T]]) -> T:
        if name == "append result" and self.made:
            await asyncio.wait_for(self.all.wait(), LONGEST)
        done = await super().effect(name, call)
        if name == "create box":
            self.made += 1
            if self.made == 3:
                self.all.set()
        return done


def test_recording_what_was_made_keeps_no_other_change_from_beginning(tmp_path: Path) -> None:
    stand = Stand(tmp_path)

    async def story() -> Fuse:
        fuse = Late()
        await stand.bench.attempt({**TWO, "sources.gin": {}}, fuse, orders=Orders(parallelism=2))
        return fuse

    log = asyncio.run(story()).log
    made = [name for name in log if name in ("create box", "append result")]
    assert made[-6:] == ["create box"] * 3 + ["append result"] * 3
