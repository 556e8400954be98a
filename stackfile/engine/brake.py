"""A request to stop, heard at once by whoever waits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Brake:
    """Pulled at most once, by a signal. Belongs to one event loop."""

    def __init__(self) -> None:
        self._pulled = asyncio.Event()

    @property
    def pulled(self) -> bool:
        return self._pulled.is_set()

    def pull(self) -> None:
        self._pulled.set()

    async def wait(self) -> None:
        """Returns once it is pulled."""
        await self._pulled.wait()

    async def cut_short(self, waiting: Coroutine[Any, Any, None]) -> None:
        """Waits, and no longer than until the brake is pulled."""
        tasks = {asyncio.ensure_future(waiting), asyncio.ensure_future(self._pulled.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
