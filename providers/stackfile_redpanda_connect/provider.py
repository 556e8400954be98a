"""The Redpanda Connect provider: its settings, and its kinds bound to one engine."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import Field

from stackfile.errors import AuthFailed, ProviderError
from stackfile.sdk.provider import Kind, Provider, Scope, Session, Settings
from stackfile.sdk.rest import Auth, HeaderAuth, NoAuth, Rate, RestClient, Service
from stackfile.sdk.rest.wire import shared_ssl_context
from stackfile.sdk.traits import FromEnv, Trait
from stackfile_redpanda_connect.engine import Engine, judge
from stackfile_redpanda_connect.kinds.definition import Destinations, Sources
from stackfile_redpanda_connect.kinds.joined import Pipelines
from stackfile_redpanda_connect.kinds.resource import RESOURCES
from stackfile_redpanda_connect.kinds.stream import Streams

_NO_ENTRY: Final = "; are username and password those of the engine's http.basic_auth? They stand under `providers:`"
_STARTED: Final = re.compile(r"^process_start_time_seconds(?:\{[^}]*\})? ([0-9.eE+]+)$", re.MULTILINE)
_NO_CAUSE: Final = "the engine, which keeps its streams in memory only, was restarted, or they were deleted"
_MARGIN: Final = 20.0


class RedpandaConnectSettings(Settings):
    """An engine in streams mode: `redpanda-connect streams`, or `benthos streams`."""

    url: Annotated[
        str, FromEnv("REDPANDA_CONNECT_URL"), Field(description="Where its API is, as in http://127.0.0.1:4195.")
    ] = "http://127.0.0.1:4195"
    root_path: Annotated[
        str,
        Field(description="What stands before /streams, where a proxy lets only that through: /benthos by default."),
    ] = ""
    username: Annotated[
        str | None, FromEnv("REDPANDA_CONNECT_USERNAME"), Field(min_length=1, description="Of http.basic_auth.")
    ] = None
    password: Annotated[str | None, Trait.SENSITIVE, FromEnv("REDPANDA_CONNECT_PASSWORD"), Field(min_length=1)] = None
    ca_file: Annotated[
        str | None, Field(description="Whose certificates are trusted, as PEM; relative to the stackfile.")
    ] = None
    cert_file: Annotated[str | None, Field(description="The client's own certificate, with key_file.")] = None
    key_file: Annotated[str | None, Field(description="The key of cert_file; unwritten: in the same file.")] = None
    timeout: Annotated[
        float,
        Field(
            ge=1, le=3600, description="Seconds that a stream may take to deliver what it holds before it is cut off."
        ),
    ] = 30.0
    chilled: Annotated[bool, Field(description="Whether lints are passed over, where a resource says nothing.")] = False

    @property
    def address(self) -> str:
        root = self.root_path.strip().strip("/")
        return "/".join(part for part in (self.url.strip().rstrip("/"), root) if part)


class RedpandaConnect(Provider[RedpandaConnectSettings]):
    """Streams and resources of an engine that keeps them in memory only."""

    name = "redpanda_connect"
    settings = RedpandaConnectSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = (Sources, Destinations, Pipelines, Streams, *RESOURCES)

    def __init__(self, client: RestClient, settings: RedpandaConnectSettings) -> None:
        self.client = client
        self.engine = Engine(client, settings.timeout)
        self.request_timeout = settings.timeout + _MARGIN
        self.kinds: Sequence[Kind[Any]] = (
            Sources(),
            Destinations(),
            Pipelines(self.engine, settings.chilled),
            Streams(self.engine, settings.chilled),
            *(kind(self.engine, settings.chilled) for kind in RESOURCES),
        )

    @classmethod
    async def connect(cls, settings: RedpandaConnectSettings, session: Session) -> RedpandaConnect:
        service = Service(
            rate=Rate(per_second=2000, burst=2000, concurrency=50),
            judge=judge,
            write=lambda document: document.body,
            tls=_tls(settings, session.base),
        )
        client = RestClient(settings.address, session, service, _auth(settings))
        if settings.password is not None:
            client.hide(settings.password)
        return cls(client, settings)

    async def scope(self) -> Scope:
        """An engine has no name of its own, so it is told by where it is. The call is there to meet alone what would
        keep all others out."""
        try:
            await self.engine.version()
        except AuthFailed as error:
            error.message += _NO_ENTRY
            raise
        parts = urlsplit(self.client.url)
        return Scope("redpanda_connect", f"{parts.netloc}{parts.path}")

    async def cause_of_loss(self) -> str:
        """All that a restart leaves of its streams is that there are none."""
        try:
            found = _STARTED.search(await self.engine.metrics())
        except ProviderError:
            found = None
        if found is None:
            return _NO_CAUSE
        return f"the engine restarted {_ago(self.client.clock.now().timestamp() - float(found[1]))} ago"

    async def close(self) -> None:
        await self.client.close()

    @property
    def requests(self) -> int:
        return self.client.requests


def _auth(settings: RedpandaConnectSettings) -> Auth:
    if settings.username is None and settings.password is None:
        return NoAuth()
    if settings.username is None or settings.password is None:
        raise AuthFailed("basic auth takes both, `username` and `password`; one of them is not set")
    pair = f"{settings.username}:{settings.password}".encode()
    return HeaderAuth("Authorization", f"Basic {base64.b64encode(pair).decode()}")


def _tls(settings: RedpandaConnectSettings, base: FilePath) -> Callable[[], ssl.SSLContext]:
    """The system's own certificates where nothing is said. Raises ProviderError for files that are none."""
    if settings.ca_file is None and settings.cert_file is None and settings.key_file is None:
        return shared_ssl_context

    def file(name: str | None) -> str | None:
        return None if name is None else str(base / name)

    try:
        context = ssl.create_default_context(cafile=file(settings.ca_file))
        cert = file(settings.cert_file)
        if cert is not None:
            context.load_cert_chain(cert, file(settings.key_file))
    except (OSError, ValueError) as error:
        says = "ca_file, cert_file or key_file cannot be used"
        raise ProviderError(f"{says}: {getattr(error, 'strerror', None) or error}") from error
    return lambda: context


def _ago(seconds: float) -> str:
    """`12 minutes`, in the largest unit of which there is one at least."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'s' * (count > 1)}"
    return "a moment"
