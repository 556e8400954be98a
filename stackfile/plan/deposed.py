"""Old objects that an earlier replacement could not delete: this plan deletes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.plan.decide import stays
from stackfile.plan.impact import impact_of
from stackfile.plan.known import Known
from stackfile.plan.plan import Action, Change
from stackfile.sdk.traits import Impact
from stackfile.state.format import Record


def with_deposed(
    changes: Mapping[Address, Change], known: Known, without: Collection[Address]
) -> dict[Address, Change]:
    """The changes with all deposed objects deleted, but for those of resources that the plan is `without`."""
    records = (record for record in known.state.records.values() if record.deposed and record.address not in without)
    return {**changes, **{one.address: _with_deposed(changes.get(one.address), one, known) for one in records}}


def _with_deposed(change: Change | None, record: Record, known: Known) -> Change:
    """The change of a resource, or one that does nothing else, with its deposed objects deleted too."""
    change = change or stays(record, known.schema(record), known.live(record))
    impact, says = change.impact, change.impact_says
    for old in record.deposed:
        was = record.as_it_was(old)
        live = known.live(was)
        worst, why = (
            impact_of(Action.DELETE, known.kind(was), known.schema(was), (), live)
            if live is not None
            else (Impact.NONE, ())
        )
        impact, says = max(impact, worst), (*says, *why)
    ids = tuple(old.id for old in record.deposed)
    return replace(change, deposed=ids, impact=impact, impact_says=tuple(dict.fromkeys(says)))
