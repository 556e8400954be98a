"""Runs a coroutine to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, for results of any size.

    The result does not become the task's: when the loop closes, `signal` formats its handler, which holds the task,
    for an error that nobody sees, and the text of a plan of 10,000 resources takes as long as the plan.
    """
    results: list[T] = []

    async def keep() -> None:
        results.append(await work)

    asyncio.run(keep())
    return results[0]
