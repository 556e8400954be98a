"""A provider for the waterworks: taps are sources, tanks are destinations, and a pipe leads from one to the other."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from stackfile.errors import Conflict, ProviderError
from stackfile.sdk.provider import Body, Health, Live, Provider, Scope, Session, Settings
from stackfile.sdk.rest import PageNumber, Rate, Response, RestClient, RestKind, Service, Token, TokenAuth, by_status
from stackfile.sdk.traits import Changes, Effect, Impact, KindTraits, OnRemove, Reference, Trait, Wait


class WaterworksSettings(Settings):
    """The entry under `providers:`."""

    url: str = "https://api.waterworks.example/v1"
    key: Annotated[str, Trait.SENSITIVE]


class Tap(Body):
    name: Annotated[str, Trait.IDENTITY]
    spring: Annotated[str, Trait.IMMUTABLE, Field(description="Where the water comes from.")]
    flow: Annotated[
        int,
        Field(ge=1, description="Litres a minute."),
        OnRemove.DEFAULT,
        Changes(Effect(Impact.RESTART, "The tap closes for a moment; no water is lost.")),
    ] = 10
    code: Annotated[str | None, Trait.WRITE_ONLY] = None
    minerals: Annotated[list[str] | None, Trait.UNORDERED] = None
    status: Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE] = None


class Tank(Body):
    name: Annotated[str, Trait.IDENTITY]
    litres: Annotated[
        int,
        Changes(removed=Effect(Impact.DATA_LOSS, "A tank cannot shrink: it is emptied and built anew.", replaces=True)),
    ]
    roof: bool = False


class Pipe(Body):
    name: Annotated[str, Trait.IDENTITY]
    tap: Annotated[str, Reference(("sources",)), Trait.PINS]
    tank: Annotated[str, Reference(("destinations",)), Trait.PINS]
    filter: str | None = None


PAGES = PageNumber(size="per_page", limit=50, more="more")


class Taps(RestKind[Tap]):
    section, name, model = "sources", "tap", Tap
    path, items_field, created_field = "/taps", "items", "built_at"
    pages: ClassVar = PAGES

    @classmethod
    def health(cls, live: Live) -> Health:
        status = str(live.fields.get("status"))
        return Health(Wait.READY if status == "running" else Wait.PENDING, status)


class Tanks(RestKind[Tank]):
    section, name, model = "destinations", "tank", Tank
    traits: ClassVar = KindTraits(delete=Effect(Impact.DATA_LOSS, "The water in the tank is let out."))
    path, items_field, created_field = "/tanks", "items", "built_at"
    pages: ClassVar = PAGES


class Pipes(RestKind[Pipe]):
    section, name, model = "pipelines", "pipe", Pipe
    path, items_field, created_field = "/pipes", "items", "built_at"
    pages: ClassVar = PAGES


def judge(response: Response) -> type[ProviderError] | None:
    """The waterworks answer 422 for a name that is taken, which is a conflict and no mistake in a field."""
    if response.status == 422 and "taken" in str(response.json):
        return Conflict
    return by_status(response)


class Waterworks(Provider[WaterworksSettings]):
    name = "waterworks"
    settings = WaterworksSettings
    kind_types = (Taps, Tanks, Pipes)

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.kinds = tuple(kind(client) for kind in self.kind_types)

    @classmethod
    async def connect(cls, settings: WaterworksSettings, session: Session) -> Waterworks:
        door = RestClient(settings.url, session, Service(rate=Rate(per_second=20, burst=20), judge=judge))
        door.hide(settings.key)

        async def sign_in() -> Token:
            answer = await door.ask("/session", {"key": settings.key})
            return Token(answer.json["token"], answer.json["expires_in"])

        return cls(door.with_auth(TokenAuth(sign_in, session.clock)))

    async def scope(self) -> Scope:
        answer = await self.client.fetch("/town")
        return Scope("waterworks", answer.json["name"])

    async def close(self) -> None:
        await self.client.close()

    @property
    def requests(self) -> int:
        return self.client.requests
