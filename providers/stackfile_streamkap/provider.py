"""The Streamkap provider: its settings, and its kinds bound to one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from stackfile.errors import ProviderError
from stackfile.sdk.catalogue import Catalogue
from stackfile.sdk.operations import Consumer, OffsetsMoved, OffsetsReset
from stackfile.sdk.provider import Kind, Provider, Scope, Session, Settings
from stackfile.sdk.rest import Rate, RestClient, Service
from stackfile.sdk.terraform import Counterpart
from stackfile.sdk.traits import FromEnv, Trait
from stackfile_streamkap import consumers
from stackfile_streamkap.account import Account
from stackfile_streamkap.auth import SignIn
from stackfile_streamkap.catalogue.described import Undescribed, connectors_in
from stackfile_streamkap.catalogue.locked import SECTIONS, Locked, built_in
from stackfile_streamkap.judge import judge
from stackfile_streamkap.kinds.client_credential import ClientCredentials
from stackfile_streamkap.kinds.destination import Destination, Destinations
from stackfile_streamkap.kinds.kafka_user import KafkaUsers
from stackfile_streamkap.kinds.objects import StreamkapKind
from stackfile_streamkap.kinds.pipeline import Pipelines
from stackfile_streamkap.kinds.source import Source, Sources
from stackfile_streamkap.kinds.tag import Tags
from stackfile_streamkap.kinds.topic import Topics
from stackfile_streamkap.kinds.transform import Transforms
from stackfile_streamkap.terraform import counterpart, type_of

_KINDS: Sequence[type[StreamkapKind[Any]]] = (
    Sources,
    Destinations,
    Pipelines,
    Transforms,
    Topics,
    Tags,
    KafkaUsers,
    ClientCredentials,
)


class StreamkapSettings(Settings):
    """A project of Streamkap, by an API token (made in the web console, under API Tokens)."""

    client_id: Annotated[str, FromEnv("STREAMKAP_CLIENT_ID"), Field(min_length=1, description="The token's client id.")]
    secret: Annotated[
        str,
        Trait.SENSITIVE,
        FromEnv("STREAMKAP_SECRET"),
        Field(min_length=1, description="The token's secret, shown once when it is made."),
    ]
    host: Annotated[str, FromEnv("STREAMKAP_HOST"), Field(description="Where the API is.")] = (
        "https://api.streamkap.com"
    )


class Streamkap(Provider[StreamkapSettings]):
    """Sources, destinations and pipelines of change data capture, as a service."""

    name = "streamkap"
    settings = StreamkapSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = _KINDS
    locked: ClassVar[Locked | None] = None

    _kinds: ClassVar[Sequence[type[StreamkapKind[Any]]]] = _KINDS

    def __init__(self, client: RestClient) -> None:
        self.client = client
        self.account = Account(client)
        self.kinds: Sequence[Kind[Any]] = tuple(kind(client, self.account) for kind in self._kinds)

    @classmethod
    async def connect(cls, settings: StreamkapSettings, session: Session) -> Streamkap:
        # No limit is published; it is the service's 429 that tells (docs.streamkap.com, api-quickstart). So the rate
        # only keeps a fast link from a storm: ten calls at once are what bounds an apply.
        door = RestClient(
            settings.host, session, Service(rate=Rate(per_second=300, burst=300, apart=0.003), judge=judge)
        )
        return cls(door.with_auth(SignIn(door, settings.client_id, settings.secret).auth(session.clock)))

    async def catalogue(self) -> Catalogue:
        return {section: await self._described(section) for section in SECTIONS}

    async def _described(self, section: str) -> Mapping[str, Mapping[str, Any]]:
        path = f"/{section}/connectors"
        answer = await self.client.request("GET", path)
        try:
            return connectors_in(section, answer.json)
        except Undescribed as error:
            says = f"GET {path}: {error}; is the host right?"
            raise ProviderError(says, "GET", path, answer.status, answer.request_id) from None

    @classmethod
    def known(cls) -> Catalogue:
        return cls.locked.catalogue if cls.locked is not None else built_in()

    @classmethod
    def with_catalogue(cls, catalogue: Catalogue) -> type[Self]:
        locked = Locked(catalogue)
        sources, destinations = Sources.offering(locked, Source), Destinations.offering(locked, Destination)
        kinds = (sources, destinations, *(kind for kind in _KINDS if kind not in (Sources, Destinations)))
        made: type[Self] = type(cls.__name__, (cls,), {"locked": locked, "kind_types": kinds, "_kinds": kinds})
        return made

    @classmethod
    def from_terraform(cls, type: str, attributes: Mapping[str, Any]) -> Counterpart | None:
        return counterpart(type, attributes)

    @classmethod
    def terraform_type(cls, section: str, kind: str, fields: Mapping[str, Any]) -> str | None:
        return type_of(section, kind, fields)

    async def consumers(self) -> Sequence[Consumer]:
        return await consumers.consumers(self.client)

    async def reset_offsets(self, request: OffsetsReset) -> Sequence[OffsetsMoved]:
        return await consumers.reset(self.client, request)

    async def scope(self) -> Scope:
        """A token belongs to one tenant and one service (project) of it (API reference, authentication/whoami)."""
        who = (await self.client.fetch("/auth/whoami")).json
        if not isinstance(who, dict) or not who.get("tenant_id"):
            raise ProviderError(
                "GET /auth/whoami: an answer without a tenant; is the host right?", "GET", "/auth/whoami"
            )
        return Scope("streamkap", "/".join(str(who[key]) for key in ("tenant_id", "service_id") if who.get(key)))

    async def close(self) -> None:
        await self.client.close()

    @property
    def requests(self) -> int:
        return self.client.requests
