"""What a service would refuse is told by the plan, where its provider can tell without changing anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from stackfile.engine.connections import Connections
from stackfile.engine.refused import refused_fields
from stackfile.errors import Diagnostic, DiagnosticError, ProviderError, Rejected
from stackfile.language.stackfile import Configuration
from stackfile.plan.known import Known
from stackfile.plan.plan import Action, Change, Plan
from stackfile.sdk.operations import ChecksAhead
from stackfile.sdk.provider import Live
from stackfile.values import Unknown, contains

AT_ONCE = 8
_SENT = (Action.CREATE, Action.UPDATE, Action.REPLACE)


async def expect_taken(plan: Plan, known: Known, configuration: Configuration, connections: Connections) -> None:
    """Raises DiagnosticError with everything that would be refused. What cannot be asked now, apply will tell."""
    waiting = list(_checkable(plan, known, configuration))[::-1]
    found: dict[int, Rejected] = {}

    async def ask() -> None:
        while waiting:
            at, change, desired, live = waiting.pop()
            try:
                kind = await connections.kind(change.provider, change.section, change.kind)
                await kind.check(desired, live)  # type: ignore[attr-defined]
            except Rejected as error:
                found[at] = error
            except ProviderError:
                continue

    await asyncio.gather(*(ask() for _ in range(min(AT_ONCE, len(waiting)))))
    problems = [one for at in sorted(found) for one in _told(plan.changes[at], found[at], configuration)]
    if problems:
        raise DiagnosticError(problems)


def _checkable(
    plan: Plan, known: Known, configuration: Configuration
) -> Iterator[tuple[int, Change, Any, Live | None]]:
    """What is known in full and needs nothing that changes too: a source that gets a table has it only then."""
    changing = {change.address for change in plan.changes}
    for at, change in enumerate(plan.changes):
        resource = configuration.resources.get(change.address)
        if resource is None or change.action not in _SENT or not issubclass(resource.kind, ChecksAhead):
            continue
        desired = change.desired or {}
        waits = not resource.kind.traits.checks_alone and not changing.isdisjoint(change.depends_on)
        if waits or contains(desired, Unknown):
            continue
        try:
            typed = resource.schema.typed(desired)
        except ValidationError:
            continue
        record = known.state.records.get(change.address)
        yield at, change, typed, known.live(record) if record is not None and not change.replaces else None


def _told(change: Change, error: Rejected, configuration: Configuration) -> Iterator[Diagnostic]:
    at = str(change.address)
    fields = list(refused_fields(change, error, configuration))
    if not fields:
        yield Diagnostic("would-be-refused", f"{at}: {error.message}", address=at)
    for one in fields:
        says = f"{at}: `{one.path}`: {one.message}"
        yield Diagnostic("would-be-refused", says, span=one.span, source=one.source or None, address=at)
