"""Takes over what is there: records move to their new addresses, and imported objects get theirs, before any change."""

from __future__ import annotations

from dataclasses import replace

from stackfile.engine.book import Book
from stackfile.engine.records import Seen, confirmed
from stackfile.plan.imports import record_of
from stackfile.plan.known import Known
from stackfile.plan.plan import Plan
from stackfile.sdk.provider import Live
from stackfile.state.format import Record


async def take_over(plan: Plan, known: Known, book: Book) -> None:
    """Makes the moves and imports of a plan durable. No service is asked for anything."""
    if plan.moves:
        await book.move(plan.moves)
    await book.settle([_imported(record_of(change), known, book) for change in plan.imports], "import")


def _imported(record: Record, known: Known, book: Book) -> Record:
    now, live = book.clock.now(), known.live(record) or Live(record.id, {})
    seen = Seen(known.schema(record), live, record.applied, now)
    return confirmed(replace(record, created_at=live.created_at or now), record.applied, seen)
