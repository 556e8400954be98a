"""The local provider over an engine that is served: the same kinds, asked over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from stackfile.sdk.operations import Consumer, OffsetsMoved, OffsetsReset
from stackfile.sdk.provider import Kind, Provider, Scope, Session
from stackfile.sdk.rest import Rate, RestClient, Retry, Service, bearer
from stackfile_local.kinds.every import KINDS
from stackfile_local.kinds.remote import Remote
from stackfile_local.settings import SERVICE, LocalSettings

_MANNERS = Service(rate=Rate(per_second=1000.0, burst=200, concurrency=10), retry=Retry(first=0.2, cap=5.0))
"""An engine on this machine, or on one that is near: nobody shares it with thousands."""


class ServedLocal(Provider[LocalSettings]):
    """Its engine runs what is declared by itself."""

    name = SERVICE
    settings = LocalSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = KINDS

    def __init__(self, client: RestClient, remote: Remote) -> None:
        self._client = client
        self._remote = remote
        self.kinds: Sequence[Kind[Any]] = tuple(kind(remote) for kind in KINDS)

    @classmethod
    async def connect(cls, settings: LocalSettings, session: Session) -> ServedLocal:
        token = settings.token
        client = RestClient(settings.url or "", session, _MANNERS, None if token is None else bearer(token))
        return cls(client, Remote(client, f"providers.{session.instance or SERVICE}.token", token is not None))

    async def scope(self) -> Scope | None:
        return Scope(SERVICE, await self._remote.engine_id())

    async def consumers(self) -> Sequence[Consumer]:
        return await self._remote.consumers()

    async def reset_offsets(self, request: OffsetsReset) -> Sequence[OffsetsMoved]:
        return await self._remote.reset_offsets(request)

    async def close(self) -> None:
        await self._client.close()

    @property
    def requests(self) -> int:
        return self._client.requests

    @property
    def runs_at(self) -> str:
        return self._client.url
