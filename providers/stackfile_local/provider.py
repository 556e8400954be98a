"""The local provider: the kinds bound to one engine, and the run of its pipelines in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from stackfile.errors import DiagnosticError
from stackfile.sdk.operations import Consumer, RunProgress, RunRequest, ServeRequest
from stackfile.sdk.provider import Kind, Provider, Scope, Session, Settings
from stackfile_local.engine.store import Store
from stackfile_local.kinds.declared import Declared, Embedded
from stackfile_local.kinds.destination import Destinations
from stackfile_local.kinds.pipeline import Pipelines
from stackfile_local.kinds.source import Sources
from stackfile_local.kinds.stored import StoredKind
from stackfile_local.kinds.stream import Streams

_KINDS: Sequence[type[StoredKind[Any]]] = (Sources, Destinations, Pipelines, Streams)


class LocalSettings(Settings):
    """An engine embedded in this process."""

    data_dir: Annotated[
        str | None,
        Field(
            min_length=1,
            description="The engine's folder; a relative path starts at the stackfile's folder. "
            "Unwritten: `engine` in the stack's data folder.",
        ),
    ] = None


class Local(Provider[LocalSettings]):
    """Moves data on this machine; needs no account."""

    name = "local"
    settings = LocalSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = _KINDS
    request_timeout = 0.0
    """A transaction dies with its process."""

    def __init__(self, store: Store, base: Path) -> None:
        objects = Embedded(Declared(store, base))
        self.store = store
        self.base = base
        self.kinds: Sequence[Kind[Any]] = tuple(kind(objects) for kind in _KINDS)

    @classmethod
    async def connect(cls, settings: LocalSettings, session: Session) -> Local:
        folder = session.folder / "engine" if settings.data_dir is None else session.base / settings.data_dir
        return cls(Store(folder, session.clock), session.base)

    async def scope(self) -> Scope | None:
        return Scope("local", self.store.engine_id) if self.store.made else None

    async def close(self) -> None:
        self.store.close()

    @property
    def requests(self) -> int:
        return self.store.calls

    async def run(self, request: RunRequest, report: Callable[[RunProgress], None]) -> Sequence[RunProgress]:
        from stackfile_local.engine.run import Runner

        return await Runner(self.store, self.base, request, report).run()

    async def consumers(self) -> Sequence[Consumer]:
        from stackfile_local.engine.measure import measure_consumers

        return measure_consumers(self.store)

    @classmethod
    def serve(cls, request: ServeRequest) -> None:
        try:
            from stackfile_local.server.serve import serve
        except ModuleNotFoundError as error:
            raise DiagnosticError.of(
                "extra-missing",
                f"serving an engine needs {error.name}, which is not installed",
                "Install it: pip install 'stackfile[engine]'",
            ) from error
        serve(request)
