"""The local provider: the kinds bound to one engine, and the run of its pipelines in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

from stackfile.errors import DiagnosticError, NotFound
from stackfile.sdk.operations import (
    Consumer,
    Mending,
    OffsetsMoved,
    OffsetsReset,
    RunProgress,
    RunRequest,
    ServeRequest,
    Soundness,
)
from stackfile.sdk.provider import Clock, Kind, Provider, Scope, Session
from stackfile_local.engine.store import Store
from stackfile_local.kinds.declared import Declared, Embedded
from stackfile_local.kinds.every import KINDS
from stackfile_local.settings import SERVICE, LocalSettings


class Local(Provider[LocalSettings]):
    """Moves data on this machine; needs no account. With `url` it is `ServedLocal` that is connected."""

    name = SERVICE
    settings = LocalSettings
    kind_types: ClassVar[Sequence[type[Kind[Any]]]] = KINDS
    request_timeout = 0.0
    """A transaction dies with its process."""

    def __init__(self, store: Store, base: Path) -> None:
        objects = Embedded(Declared(store, base))
        self.store = store
        self.base = base
        self.kinds: Sequence[Kind[Any]] = tuple(kind(objects) for kind in KINDS)

    @classmethod
    async def connect(cls, settings: LocalSettings, session: Session) -> Provider[LocalSettings]:
        settings.check(session.instance or SERVICE)
        if settings.url is None:
            return cls.embedded(settings, session)
        from stackfile_local.served import ServedLocal

        return await ServedLocal.connect(settings, session)

    @classmethod
    def embedded(cls, settings: LocalSettings, session: Session) -> Local:
        folder = session.folder / "engine" if settings.data_dir is None else session.base / settings.data_dir
        return cls(Store(folder, session.clock), session.base)

    async def scope(self) -> Scope | None:
        return Scope(SERVICE, self.store.engine_id) if self.store.made else None

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

    async def reset_offsets(self, request: OffsetsReset) -> Sequence[OffsetsMoved]:
        from stackfile_local.engine.rewind import rewind

        return rewind(self.store, request)

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

    @classmethod
    def check(cls, folder: Path, clock: Clock) -> Soundness:
        from stackfile_local.engine.check import check

        store = _there(folder, clock)
        with closing(store):
            return check(store)

    @classmethod
    def mend(cls, folder: Path, clock: Clock) -> Mending:
        from stackfile_local.engine.mend import mend

        store = _there(folder, clock)
        with closing(store):
            return mend(store)


def _there(folder: Path, clock: Clock) -> Store:
    """Raises NotFound where there is no engine: looking makes none."""
    store = Store(folder, clock)
    if not store.made:
        raise NotFound(f"there is no engine in {folder}")
    return store
