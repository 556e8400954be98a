"""Streams: no read by id, no update, and a run state of their own.

All of it from docs.planasonix.com, api-reference/streams; what that page leaves open is told, with the reading that is
taken here, in docs/providers/planasonix.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.errors import Conflict, NotFound, ProviderError, Rejected
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Health, Live, Step, Update
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Begins, Effect, KindTraits, OnRemove, Reference, Satisfies, Trait, Wait
from stackfile.values import Path, Tree, Value
from stackfile_planasonix import losses
from stackfile_planasonix.account import STREAMS
from stackfile_planasonix.kinds.objects import At, PlanasonixKind
from stackfile_planasonix.kinds.run_state import reach
from stackfile_planasonix.measuring import STATES, WINDOWS, fares, why
from stackfile_planasonix.wire import unwrapped

_FLOWING = ("running", "starting", "paused")


class Stream(Body):
    """Change data capture, or a subscription, that feeds a pipeline."""

    name: Annotated[
        str,
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(min_length=1, description="Unique in the workspace."),
    ]
    source_type: Annotated[
        str,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(min_length=1, description="postgres_cdc, mysql_cdc, sqlserver_cdc, kafka, webhook, or one of your own."),
    ]
    pipeline: Annotated[
        str,
        Reference(("pipelines",)),
        Trait.PINS,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(description="What its events go to."),
    ]
    connection: Annotated[
        str | None,
        Reference(("sources", "destinations")),
        Trait.PINS,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(description="Where it reads: a source. Databases and most brokers need one."),
    ] = None
    config: Annotated[
        dict[str, Any] | None,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(description="By source type: publication, slot_name and tables for postgres_cdc. Sent as it is written."),
    ] = None
    status: Annotated[
        Literal["running", "paused", "stopped"] | None,
        OnRemove.KEEP,
        Begins("running", before=("created",)),
        Satisfies((("running", ("starting",)), ("stopped", ("created",)))),
        Field(description="Unwritten, a stream is started once, when it is made, and then left as it is."),
    ] = None
    force_destroy: Annotated[
        bool | None, Trait.LOCAL, Field(description="Delete it even while it has active consumers.")
    ] = None
    trouble: Annotated[
        str | None, Trait.COMPUTED, Trait.VOLATILE, Field(description="Why it is in error, where the service says so.")
    ] = None
    created_at: At = None
    updated_at: At = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return losses.review(tree)


class Streams(PlanasonixKind[Stream]):
    section, name, path = "streams", "stream", STREAMS
    model: ClassVar[type[Body]] = Stream
    traits: ClassVar = KindTraits()
    renamed: ClassVar = {"pipeline": "pipeline_id", "connection": "connection_id"}

    async def list_all(self) -> Sequence[Live]:
        return [self.decode(item) for item in (await self.account.streams.all()).values()]

    async def read(self, id: str) -> Live | None:
        """A list that others change while its pages are read may leave one out: what has metrics is there all the same,
        and its status is all that is known of it then. Many that a list lacks cost no list each."""
        streams, told = self.account.streams, None
        if streams.lacks(id) and (told := await self._left_out(id)) is None:
            return None
        item = (await streams.all()).get(id) or told or await self._left_out(id)
        return await self._explained(item) if item is not None else None

    async def look(self, id: str) -> Live | None:
        item = await self.account.streams.glance(id)
        return await self._explained(item) if item is not None else await self.read(id)

    async def _left_out(self, id: str) -> Mapping[str, Any] | None:
        try:
            told = await self._told(id)
        except NotFound:
            return None
        return {"id": id, "status": told["status"]} if told.get("status") in STATES else None

    async def _explained(self, item: Mapping[str, Any]) -> Live:
        """With the reason of an error, which its metrics may say where the list does not."""
        live = self.decode(item)
        if live.fields.get("status") != "error" or live.fields.get("trouble"):
            return live
        try:
            said = why(await self._told(live.id))
        except ProviderError:
            return live
        return replace(live, fields={**live.fields, "trouble": said}) if said else live

    async def _told(self, id: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        return unwrapped((await self.client.fetch(f"{self.url(id)}/metrics", params)).json) or {}

    def encode(self, fields: dict[str, Any]) -> Any:
        return super().encode({name: value for name, value in fields.items() if name != "status"})

    def decode(self, item: Any) -> Live:
        found = unwrapped(item)
        if found is not None and (trouble := why(found)):
            found["trouble"] = trouble
        return super().decode(found)

    async def create(self, desired: Stream, step: Step) -> Live:
        """A new stream does not run: what was killed before the start is started by the next plan, by `Begins`."""
        live = await super().create(desired, step)
        self.account.streams.changed(live.id)
        return await self._reach(desired.status or "running", live, step)

    async def update(self, change: Update[Stream], step: Step) -> Live:
        """Nothing but the run state can change."""
        return await self._reach(change.desired.status or "running", change.live, step)

    async def delete(self, live: Live, step: Step) -> None:
        """Stops first, so that offsets are committed. A stream that cannot be stopped is deleted all the same."""
        if live.fields.get("status") in _FLOWING:
            try:
                await self._call("stop", live)
            except NotFound:
                return
            except Conflict:
                pass
            await step.phase("delete")
        forced = {"force": "true"} if live.fields.get("force_destroy") else None
        try:
            await self.client.request("DELETE", self.url(live.id), params=forced)
        except NotFound:
            return
        except Conflict as error:
            if not forced:
                error.message += "; to delete it all the same, apply it with force_destroy: true first"
            raise
        finally:
            self.account.streams.changed(live.id)

    @classmethod
    def windows(cls) -> tuple[str, ...]:
        return WINDOWS

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        return await self._measured(live, {})

    async def metrics_over(self, live: Sequence[Live], window: str) -> Sequence[Metrics]:
        return await self._measured(live, {"window": window})

    async def _measured(self, live: Sequence[Live], params: Mapping[str, str]) -> Sequence[Metrics]:
        """A call each, as there is no other; of a stream that is refused one, what the list says is told."""

        async def of(one: Live) -> Metrics:
            try:
                told = await self._told(one.id, params)
            except (NotFound, Conflict, Rejected):
                told = {}
            return fares(one, told, self.client.clock.now())

        return await asyncio.gather(*map(of, live))

    async def start(self, live: Live) -> Live:
        return await self._reach("running", live, None)

    async def resume(self, live: Live) -> Live:
        return await self._reach("running", live, None)

    async def pause(self, live: Live) -> Live:
        return await self._reach("paused", live, None)

    async def stop(self, live: Live) -> Live:
        return await self._reach("stopped", live, None)

    @classmethod
    def health(cls, live: Live) -> Health:
        status = str(live.fields.get("status") or "")
        if status == "error":
            trouble = live.fields.get("trouble")
            return Health(Wait.FAILED, f'status error; last: "{trouble}"' if trouble else "status error")
        return Health(Wait.PENDING if status == "starting" else Wait.READY, status)

    @classmethod
    def between(cls, live: Mapping[str, Any]) -> str:
        return losses.between(live)

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        return losses.effect(verb, live.fields, changed)

    async def _reach(self, wanted: str, live: Live, step: Step | None) -> Live:
        seen = live

        async def call(verb: str) -> str:
            nonlocal seen
            if step is not None:
                await step.phase(verb)
            seen = await self._call(verb, seen)
            return str(seen.fields.get("status"))

        async def look() -> str:
            nonlocal seen
            found = await self.look(live.id)
            if found is None:
                raise NotFound(f"stream {live.id} is gone", "GET", STREAMS)
            seen = found
            return str(seen.fields.get("status"))

        await reach(wanted, str(live.fields.get("status")), self.client.clock, call, look)
        return seen

    async def _call(self, verb: str, live: Live) -> Live:
        """The stream as it is after a call that can be repeated: a state is reached, or it is refused."""
        answer = await self.client.request("POST", f"{self.url(live.id)}/{verb}", safe=True)
        self.account.streams.changed(live.id)
        said = unwrapped(answer.json) or {}
        if not isinstance(said.get("status"), str):
            found = await self.read(live.id)
            if found is None:
                raise ProviderError(f"POST {STREAMS}/{live.id}/{verb}: the stream is gone since", "POST", STREAMS)
            return found
        return Live(live.id, {**live.fields, "status": said["status"]}, live.created_at, live.mark)
