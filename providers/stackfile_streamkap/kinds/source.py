"""Sources: connectors that capture a database's changes, or take events, into topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from stackfile.sdk.operations import Metrics, SnapshotProgress, SnapshotRequest
from stackfile.sdk.provider import Body, Live
from stackfile.sdk.traits import Effect, Impact, KindTraits, Trait
from stackfile.values import Path, Value
from stackfile_streamkap import measuring, snapshots
from stackfile_streamkap.catalogue.models import Variants
from stackfile_streamkap.kinds.connector import Connection, ConnectorKind

_SLOTS = ("postgresql", "alloydb", "supabase")
_LOST = (
    "Its position is lost: a source made later begins with a new snapshot, and what was deleted or changed twice in "
    "between is not reported."
)


class Source(Connection):
    """A source: its name is in its topics' ids, its tables in their names."""

    topics: Annotated[
        list[str] | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="The topics that it has, by pretty name.")
    ] = None


class Sources(ConnectorKind[Source]):
    section, name, path, end = "sources", "source", "/sources", "source"
    model: ClassVar[type[Body]] = Source
    others: ClassVar[type[Body] | None] = Source
    variants: ClassVar[Mapping[str, type[Body]]] = Variants(ConnectorKind.offers, "sources", Source)
    traits: ClassVar = KindTraits(
        replace=Effect(Impact.DATA_LOSS, _LOST),
        delete=Effect(Impact.DATA_LOSS, _LOST),
    )

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        config = live.fields.get("config")
        if verb == "update" or live.fields.get("connector") not in _SLOTS or not isinstance(config, Mapping):
            return super().effect(verb, live, changed)
        slot = config.get("slot.name", "streamkap_pgoutput_slot")
        says = (
            f"See to its replication slot {slot}: one that nobody reads keeps the database's log until it is dropped."
        )
        return Effect(Impact.DATA_LOSS, f"{_LOST} {says}")

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        told = await measuring.figures_of_many(self.client, self.path, [one.id for one in live])
        return [self._told(one, told.get(one.id, {})) for one in live]

    def _told(self, live: Live, figures: measuring.Figures) -> Metrics:
        progress = measuring.progress_of(figures)
        return self.fares(live, measuring.source_values(figures), measuring.part_of(progress))

    async def snapshot(self, live: Live, request: SnapshotRequest) -> None:
        await snapshots.begin(self.client, live, request)

    async def stop_snapshot(self, live: Live) -> None:
        await snapshots.end(self.client, live)

    async def snapshot_progress(self, live: Live) -> SnapshotProgress:
        return measuring.progress_of(await measuring.figures_of(self.client, self.path, live.id))
