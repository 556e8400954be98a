"""The objects of a served engine, over its HTTP API. The rules of the kinds are applied there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from stackfile.errors import Ambiguous, AuthFailed, NotFound, ProviderError
from stackfile.sdk.operations import Consumer, Metrics, OffsetsMoved, OffsetsReset
from stackfile.sdk.provider import Health, Live
from stackfile.sdk.rest import RestClient
from stackfile.sdk.rest.bodies import secrets_in
from stackfile.sdk.schema import schema_of
from stackfile.sdk.traits import Wait
from stackfile_local.engine.rewind import refuse_unknown, target
from stackfile_local.kinds.objects import Told
from stackfile_local.kinds.stored import StoredKind

KindType: TypeAlias = type[StoredKind[Any]]
T = TypeVar("T")

RESOURCES = "/api/v1/resources"
METRICS = "/api/v1/metrics"
_TAKES_UP_MS = 2000
"""How long a change waits for the engine to try what is new, before it is asked again and again."""
_VERBS = {"running": "resume", "paused": "pause", "stopped": "stop"}


@dataclass(frozen=True, slots=True)
class Remote:
    """`setting` is where the stackfile says the token; `has_token`, whether it does."""

    client: RestClient
    setting: str
    has_token: bool

    async def engine_id(self) -> str:
        """Raises Unreachable, and ProviderError where something else answers."""
        return str(self._part(await self._ask("GET", "/health"), "engineId", str))

    async def all(self, kind: KindType) -> Sequence[Live]:
        answer = await self._ask("GET", f"{RESOURCES}/{kind.section}")
        return [self._live(kind, one) for one in self._part(answer, "resources", list)]

    async def find(self, kind: KindType, id: str) -> Live | None:
        try:
            return self._live(kind, await self._ask("GET", _place(kind, id)))
        except NotFound:
            return None

    async def add(self, kind: KindType, fields: Mapping[str, Any], mark: str) -> Live:
        self._hide(kind, fields)
        path = f"{RESOURCES}/{kind.section}"
        answer = await self._ask("POST", path, {"fields": dict(fields), "mark": mark or None})
        try:
            return self._live(kind, answer)
        except ProviderError as error:
            raise Ambiguous(f"{error}; it may have been made", "POST", path) from error

    async def change(self, kind: KindType, id: str, patch: Mapping[str, Any]) -> Live:
        self._hide(kind, patch)
        return self._live(kind, await self._ask("PUT", _place(kind, id), {"fields": dict(patch)}))

    async def set_status(self, kind: KindType, id: str, status: str) -> Live:
        return self._live(kind, await self._ask("POST", f"{_place(kind, id)}/{_VERBS[status]}", safe=True))

    async def remove(self, kind: KindType, id: str) -> None:
        with suppress(NotFound):
            await self._ask("DELETE", _place(kind, id))

    async def told(self, kind: KindType, live: Live) -> Live:
        """With its health. What was done is done: a question that gets no answer now is asked again by who waits."""
        if not kind.moves:
            return live
        try:
            answer = await self._ask("GET", f"{_place(kind, live.id)}/health?wait={_TAKES_UP_MS}")
            health = Health(Wait(self._part(answer, "health", str)), self._part(answer, "says", str))
        except NotFound:
            health = Health()
        except (ProviderError, ValueError) as error:
            health = Health(Wait.PENDING, str(error))
        return Told(live.id, live.fields, live.created_at, live.mark, health)

    async def measure(self, kind: KindType, live: Sequence[Live]) -> Sequence[Metrics]:
        said = {one.id: one for one in await self._measured(kind.section, Metrics)}
        return [said.get(one.id) or Metrics(one.id, "gone", well=False) for one in live]

    async def consumers(self) -> Sequence[Consumer]:
        return await self._measured("consumers", Consumer)

    async def reset_offsets(self, request: OffsetsReset) -> list[OffsetsMoved]:
        group = f"/api/v1/consumers/{quote(request.group, safe='')}"
        there = self._part(await self._ask("GET", group), "offsets", list)
        refuse_unknown(request, [one["stream"] for one in there])
        moved = [
            OffsetsMoved(one["stream"], one["partition"], one["offset"], target(request, 0, one["endOffset"]))
            for one in there
            if not request.topics or one["stream"] in request.topics
        ]
        offsets = [{"stream": one.topic, "partition": one.partition, "offset": one.after} for one in moved]
        await self._ask("POST", f"{group}/commit", {"offsets": offsets}, safe=True)
        return moved

    async def _measured(self, what: str, type_: type[T]) -> list[T]:
        answer = self._part(await self._ask("GET", f"{METRICS}/{what}"), "metrics", list)
        try:
            return [msgspec.convert(one, type_) for one in answer]
        except msgspec.ValidationError:
            raise self._stranger() from None

    async def _ask(self, method: str, path: str, json: Any = None, safe: bool | None = None) -> Any:
        try:
            return (await self.client.request(method, path, json=json, safe=safe)).json
        except AuthFailed as error:
            if error.status != 401:
                raise
            does = "does not take this token" if self.has_token else "asks for a token"
            says = f"the engine at {self.client.url} {does}: {self.setting} is what its --token-file holds"
            raise AuthFailed(says, method, path, error.status) from error

    def _part(self, answer: Any, name: str, kind: type) -> Any:
        found = answer.get(name) if isinstance(answer, Mapping) else None
        if not isinstance(found, kind):
            raise self._stranger()
        return found

    def _live(self, kind: KindType, answer: Any) -> Live:
        fields = dict(self._part(answer, "fields", dict))
        id, made, mark = self._part(answer, "id", str), self._part(answer, "createdAt", str), answer.get("mark")
        return Live(id, fields, datetime.fromisoformat(made), mark)

    def _hide(self, kind: KindType, fields: Mapping[str, Any]) -> None:
        for model in kind.variants.values() or (kind.model,):
            self.client.hide(*secrets_in(fields, schema_of(model)))

    def _stranger(self) -> ProviderError:
        return ProviderError(f"what answers at {self.client.url} is no engine of this version; is the url right?")


def _place(kind: KindType, id: str) -> str:
    return f"{RESOURCES}/{kind.section}/{quote(id, safe='')}"
