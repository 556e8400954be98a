"""The Planasonix provider: its settings, and its kinds bound to one workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import Field

from stackfile.errors import AuthFailed, NotFound, Rejected
from stackfile.sdk.operations import Summary
from stackfile.sdk.provider import Kind, Provider, Scope, Session, Settings
from stackfile.sdk.rest import Rate, RestClient, Service, bearer
from stackfile.sdk.traits import FromEnv, Trait
from stackfile_planasonix.account import STREAMS, Account
from stackfile_planasonix.kinds.connection import Destinations, Sources
from stackfile_planasonix.kinds.credential import Credentials
from stackfile_planasonix.kinds.objects import PlanasonixKind
from stackfile_planasonix.kinds.pipeline import Pipelines
from stackfile_planasonix.kinds.project import Projects
from stackfile_planasonix.kinds.schedule import Schedules
from stackfile_planasonix.kinds.stream import Streams
from stackfile_planasonix.kinds.trigger import Triggers
from stackfile_planasonix.measuring import summed
from stackfile_planasonix.wire import unwrapped

_KINDS: Sequence[type[PlanasonixKind[Any]]] = (
    Sources,
    Destinations,
    Pipelines,
    Streams,
    Projects,
    Credentials,
    Schedules,
    Triggers,
)

_KEY: Final = "; is api_key a key of this workspace? It stands under `providers:`, or in PLANASONIX_API_KEY"
_NOT_ALLOWED: Final = (
    "; what the key may do depends on its scopes, the workspace's plan, and the addresses that it lets in"
)


def _way_out(url: str) -> str:
    """What to write where the API is not at this address."""
    path = urlsplit(url).path
    if path:
        return f"write {path} neither in base_url nor in path_prefix, unless the workspace's paths have it"
    return "write path_prefix: /v1 where the workspace's paths have a version"


class PlanasonixSettings(Settings):
    """A workspace of Planasonix: a key belongs to one."""

    api_key: Annotated[
        str,
        Trait.SENSITIVE,
        FromEnv("PLANASONIX_API_KEY"),
        Field(min_length=1, description="Made in the console under Settings, API keys. A service key is best."),
    ]
    base_url: Annotated[
        str, FromEnv("PLANASONIX_BASE_URL"), Field(description="Where the API is; dedicated tenants have their own.")
    ] = "https://api.planasonix.com"
    path_prefix: Annotated[
        str,
        FromEnv("PLANASONIX_PATH_PREFIX"),
        Field(description="What stands before /api, /v1 for instance."),
    ] = ""
    organization_id: Annotated[
        str | None, FromEnv("PLANASONIX_ORGANIZATION_ID"), Field(description="Sent as X-Organization-ID.")
    ] = None

    @property
    def url(self) -> str:
        """The address with its prefix, once, however the two are written."""
        base, prefix = self.base_url.strip().rstrip("/"), self.path_prefix.strip().strip("/")
        base = base.removesuffix("/api")
        return base if not prefix or base.endswith(f"/{prefix}") else f"{base}/{prefix}"


class Planasonix(Provider[PlanasonixSettings]):
    """Streams of change data capture, and the connections and pipelines that they feed, as a service."""

    name = "planasonix"
    settings = PlanasonixSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = _KINDS

    def __init__(self, client: RestClient, tenant: str) -> None:
        self.client = client
        self.tenant = tenant
        self.account = Account(client)
        self.kinds: Sequence[Kind[Any]] = tuple(kind(client, self.account) for kind in _KINDS)

    @classmethod
    async def connect(cls, settings: PlanasonixSettings, session: Session) -> Planasonix:
        # Limits are by workspace and key, and no numbers are fixed (api-reference/introduction): the 429 tells.
        headers = {"X-Organization-ID": settings.organization_id} if settings.organization_id else {}
        service = Service(headers=headers, rate=Rate(per_second=50, burst=50))
        client = RestClient(settings.url, session, service, bearer(settings.api_key))
        client.hide(settings.api_key)
        return cls(client, settings.organization_id or urlsplit(settings.url).netloc)

    async def scope(self) -> Scope:
        """No answer names the workspace, so it is told by the organisation that is set, or else by the host. The call
        is there to find a wrong address before a 404 is taken for an object that is gone."""
        try:
            await self.client.fetch(STREAMS, {"limit": 1})
        except NotFound as error:
            asked = error.message.partition(": ")[0]
            raise Rejected(
                f"{asked}: there is no {STREAMS} at {self.client.url}: {_way_out(self.client.url)}",
                error.method,
                error.path,
                error.status,
                error.request_id,
            ) from error
        except AuthFailed as error:
            error.message += _KEY if error.status == 401 else _NOT_ALLOWED
            raise
        return Scope("planasonix", self.tenant)

    async def summary(self) -> Summary:
        return summed(unwrapped((await self.client.fetch(f"{STREAMS}/summary")).json) or {})

    async def close(self) -> None:
        await self.client.close()

    @property
    def requests(self) -> int:
        return self.client.requests
