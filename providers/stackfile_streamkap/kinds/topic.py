"""Settings of a source's topic: its partitions and tags. The topic itself belongs to the source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import NotFound, Refusal, Rejected
from stackfile.sdk.provider import Body, Live, Step, Update
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Reference, Trait
from stackfile_streamkap.account import object_at
from stackfile_streamkap.kinds import topic_ids
from stackfile_streamkap.kinds.objects import StreamkapKind, Tagged

_MORE = Effect(Impact.RESTART, "Keys move to other partitions: the order of a key's events holds only from then on.")
_FEWER = Effect(Impact.RESTART, "Kafka cannot take partitions away: the service will refuse this.")
_NO_TOPIC = ("not found", "not owned")
_CURRENT = re.compile(r"current count \((\d+)\)")


class Topic(Body):
    """Partitions only grow, and deleting this leaves the Kafka topic as it is."""

    source: Annotated[
        str,
        Reference(("sources",)),
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Trait.PINS,
        Field(description="Whose it is."),
    ]
    topic: Annotated[
        str, Trait.IDENTITY, Trait.IMMUTABLE, Field(min_length=1, description="Its pretty name: public.orders.")
    ]
    partition_count: Annotated[int | None, OnRemove.KEEP, Changes(_MORE, added=_MORE, removed=_FEWER), Field(ge=1)] = (
        None
    )
    tags: Tagged = None


class Topics(StreamkapKind[Topic]):
    """`PUT /topics/{id}` makes what is missing; its body is in `payload` (provider internal/resource/topic/topic.go).

    The list's items are not documented, so each topic is read by its id.
    """

    section, name, path = "resources", "topic", "/topics"
    model: ClassVar[type[Body]] = Topic
    change_params: ClassVar = {}
    read_params: ClassVar = {"detailed": "true"}
    traits: ClassVar = KindTraits(
        stable_id=True,
        can_list=False,
        delete=Effect(says="The Kafka topic stays, with its events and partitions; only its record goes."),
    )

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return topic_ids.of_source(str(desired["source"]), str(desired["topic"]))

    async def list_all(self) -> Sequence[Live]:
        return []

    async def read(self, id: str) -> Live | None:
        try:
            item = await object_at(self.client, self.url(id), self.read_params)
        except Rejected as error:
            if not isinstance(error, NotFound) and any(words in error.message for words in _NO_TOPIC):
                return None
            raise
        return (await self.received([item]))[0] if item is not None else None

    def decode(self, item: Any) -> Live:
        if isinstance(item, Mapping):
            owner, _, name = str(item.get("id", "")).partition(".")
            partitions = (item.get("kafka") or {}).get("partitions") or {}
            count = partitions.get("count") if isinstance(partitions, Mapping) else partitions
            item = {**item, "source": owner.removeprefix("source_"), "topic": name, "partition_count": count}
        return super().decode(item)

    async def create(self, desired: Topic, step: Step) -> Live:
        id = self.stable_id(desired.model_dump())
        await step.created(id)  # known before the call, which can be repeated
        return await self._put(id, desired, None)

    async def update(self, change: Update[Topic], step: Step) -> Live:
        return await self._put(change.live.id, change.desired, change.live)

    async def _put(self, id: str, desired: Topic, live: Live | None) -> Live:
        current = live.fields.get("partition_count") if live is not None else None
        payload: dict[str, Any] = {}
        if desired.tags is not None or desired.partition_count is None:
            payload["tags"] = await self.account.tags.ids(desired.tags or [])
        if desired.partition_count is not None and desired.partition_count != current:
            payload["partition_count"] = desired.partition_count
        try:
            await self._send(id, payload)
        except Rejected as error:
            if not _has_that_many(error, desired.partition_count):
                raise
            await self._send(id, {"tags": [], **{k: v for k, v in payload.items() if k != "partition_count"}})
        found = await self.read(id)
        if found is None:
            raise NotFound(f"PUT {self.url(id)}: the topic is gone since", "PUT", self.url(id))
        return found

    async def _send(self, id: str, payload: dict[str, Any]) -> None:
        if payload:
            await self.client.request("PUT", self.url(id), json={"payload": payload})


def _has_that_many(error: Rejected, wanted: int | None) -> bool:
    """Whether it was refused because the topic has just as many partitions. One that has more names the field."""
    found = _CURRENT.search(error.message)
    if found is None or wanted is None:
        return False
    if int(found[1]) != wanted:
        error.fields = (Refusal("partition_count", f"the topic has {found[1]}, and Kafka cannot take partitions away"),)
    return int(found[1]) == wanted
