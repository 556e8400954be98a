"""How long one call of a change may take, where the stackfile says it: `timeouts:`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from stackfile.errors import Ambiguous
from stackfile.plan.plan import Change, Verb
from stackfile.portable.quantities import print_duration

T = TypeVar("T")


def limit_of(change: Change, verb: Verb) -> float | None:
    """Seconds; None where nothing is said."""
    limits = change.timeouts
    return {Verb.CREATE: limits.create, Verb.UPDATE: limits.update, Verb.DELETE: limits.delete}.get(verb)


async def within(change: Change, verb: Verb, call: Awaitable[T]) -> T:
    """What the call returns. Raises Ambiguous where it has not ended in its time: it may have happened."""
    limit = limit_of(change, verb)
    if limit is None:
        return await call
    deadline = asyncio.timeout(limit)
    try:
        async with deadline:
            return await call
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Ambiguous(f"no answer in {print_duration(round(limit * 1000))} (timeouts.{verb})") from None
