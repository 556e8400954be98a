"""A provider for the peer service of the tests: three kinds, the odd habit of each in one small override."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from stackfile.errors import Conflict, ProviderError
from stackfile.sdk.provider import Body, Health, Live, Provider, Scope, Session, Settings, Step, Update
from stackfile.sdk.rest import (
    Cursor,
    LinkHeader,
    PageNumber,
    Rate,
    Response,
    RestClient,
    RestKind,
    Service,
    Token,
    TokenAuth,
    Updates,
    by_status,
)
from stackfile.sdk.traits import (
    Changes,
    Effect,
    Impact,
    Keyed,
    KindTraits,
    OnRemove,
    Reference,
    Trait,
    Wait,
)


class PeerSettings(Settings):
    url: str = "http://peer.example/v1"
    client_id: str
    secret: Annotated[str, Trait.SENSITIVE]


class Source(Body):
    name: Annotated[str, Trait.IDENTITY]
    connector: Annotated[Literal["postgres", "mysql"], Trait.IMMUTABLE]
    host: str
    port: Annotated[int, OnRemove.DEFAULT, Changes(Effect(Impact.RESTART, "the source connects anew"))] = 5432
    heartbeat: Annotated[bool, OnRemove.DEFAULT] = True
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    tables: Annotated[list[str] | None, Trait.UNORDERED] = None
    comment: str | None = None
    status: Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE] = None


class Column(Body):
    name: str
    type: str
    nullable: bool = True


class Sink(Body):
    name: Annotated[str, Trait.IDENTITY]
    bucket: str
    format: Annotated[str, OnRemove.DEFAULT] = "json"
    options: dict[str, str] = Field(default_factory=dict)
    columns: Annotated[list[Column] | None, Keyed("name")] = None


class Pipe(Body):
    name: Annotated[str, Trait.IDENTITY]
    source: Annotated[str, Reference(("sources",)), Trait.PINS]
    sink: Annotated[str, Reference(("destinations",)), Trait.PINS]
    filter: str | None = None
    max_rate: Annotated[int, OnRemove.DEFAULT] = 1000


class Sources(RestKind[Source]):
    section, name, model = "sources", "source", Source
    traits: ClassVar = KindTraits(delete=Effect(Impact.DATA_LOSS, "drops its replication slot"))
    path, items_field, created_field = "/sources", "result", "created_at"
    pages: ClassVar = PageNumber(more="has_next")

    @classmethod
    def health(cls, live: Live) -> Health:
        status = str(live.fields["status"])
        return Health(Wait.READY if status == "ready" else Wait.PENDING, status)


class Sinks(RestKind[Sink]):
    section, name, model = "destinations", "sink", Sink
    path, items_field, created_field = "/sinks", "data", "created_at"
    updates, pages = Updates.MERGE, Cursor("meta.page.cursor")

    def decode(self, item: Any) -> Live:
        data = item.get("data", item) if isinstance(item, Mapping) else {}
        return super().decode({"id": data.get("id"), **data.get("attributes", {})})


class Pipes(RestKind[Pipe]):
    section, name, model = "pipelines", "pipe", Pipe
    path, created_field = "/pipes", "created_at"
    pages: ClassVar = LinkHeader()

    async def create(self, desired: Pipe, step: Step) -> Live:
        made = await super().create(Pipe(name=desired.name, source=desired.source, sink=desired.sink), step)
        if not desired.model_fields_set & {"filter", "max_rate"}:
            return made
        await step.phase("configure")
        return await self.update(Update(made, desired, changed={}), step)


def judge(response: Response) -> type[ProviderError] | None:
    """The service answers 422 for a source whose name is taken."""
    if response.status == 422 and "already exists" in str(response.json):
        return Conflict
    return by_status(response)


class Peer(Provider[PeerSettings]):
    name = "peer"
    settings = PeerSettings
    kind_types = (Sources, Sinks, Pipes)

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.kinds = tuple(kind(client) for kind in self.kind_types)

    @classmethod
    async def connect(cls, settings: PeerSettings, session: Session) -> Peer:
        door = RestClient(settings.url, session, Service(rate=Rate(per_second=100, burst=100), judge=judge))
        door.hide(settings.secret)

        async def sign_in() -> Token:
            who = {"client_id": settings.client_id, "secret": settings.secret}
            answer = await door.ask("/token", who)
            return Token(answer.json["access_token"], answer.json["expires_in"])

        return cls(door.with_auth(TokenAuth(sign_in, session.clock)))

    async def scope(self) -> Scope:
        answer = await self.client.fetch("/account")
        return Scope("peer", answer.json["account"])

    async def close(self) -> None:
        await self.client.close()

    @property
    def requests(self) -> int:
        return self.client.requests
