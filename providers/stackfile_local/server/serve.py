"""From a request to serve to a server that runs, and to its orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import uvicorn
import uvloop

from stackfile.errors import DiagnosticError
from stackfile.sdk.operations import ServeRequest
from stackfile_local.engine.lock import running, serves
from stackfile_local.engine.store import Store
from stackfile_local.engine.tables import ADD_API_SETTINGS, ADD_STARTS
from stackfile_local.server.app import App
from stackfile_local.server.background import Background, keep_house
from stackfile_local.server.engine import Served
from stackfile_local.server.errors import ApiError
from stackfile_local.server.guard import Guard, is_loopback
from stackfile_local.server.hub import Hub
from stackfile_local.server.limits import Limits
from stackfile_local.server.listening import NoAddress, configured, listening
from stackfile_local.server.protocol import Patience, PatientProtocol
from stackfile_local.server.rate import Rate
from stackfile_local.server.writer import Writer

_FILES = 500
"""For all else that is open: databases, and the files that are read and written."""
_HOUSE_EVERY = 5.0


def serve(request: ServeRequest) -> None:
    """Until SIGTERM or SIGINT. Raises DiagnosticError for an address that cannot be, ProviderError for a folder."""
    if request.token is None and not is_loopback(request.host):
        raise DiagnosticError.of(
            "engine-address",
            f"without a token the engine is served to this machine only, and {request.host} is an address for others",
            "Ask for a token: stack engine serve --token-file FILE",
            "or serve this machine: stack engine serve --host 127.0.0.1",
        )
    _allow_files(PatientProtocol.patience)
    store = Store(request.folder, request.clock)
    try:
        with store.transaction() as transaction:
            transaction.execute(ADD_API_SETTINGS)
            transaction.execute(ADD_STARTS)
        with (
            running(store),
            contextlib.closing(_bound(request.host, request.port)) as listener,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            serves(store, _url(listener))
            runner.run(_Serving(request, store).run(listener))
    finally:
        store.close()


def _allow_files(patience: Patience) -> None:
    """A connection is a file, and a process may have 1,024 unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = patience.connections + _FILES
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))


def _bound(host: str, port: int) -> socket.socket:
    try:
        return listening(host, port)
    except NoAddress as error:
        raise DiagnosticError.of(
            "engine-port",
            f"the engine cannot listen at {host}, port {port}: {error}",
            "Choose another, or 0 for any that is free: stack engine serve --port 0",
        ) from error


@dataclass
class _Serving:
    """One server's life."""

    request: ServeRequest
    store: Store
    gate: threading.Lock = field(default_factory=threading.Lock)

    async def run(self, listener: socket.socket) -> None:
        limits = Limits(events_per_second=self.request.events_per_second)
        hub = Hub(lambda: int(self.store.rows("PRAGMA data_version")[0][0]))
        writer = Writer(self._open_store, hub.moved, limits.pending)
        monotonic = self.request.clock.monotonic
        rate = Rate(limits.events_per_second, monotonic)
        background = Background(self._open_store, self.request.base)
        served = Served(self.store, writer, hub, limits, rate, monotonic, self.request.base, background.tried)
        token = None if self.request.token is None else self.request.token.encode()
        server = _server(App(served, Guard(token)), limits, lambda: self.request.ready(_url(listener)))
        writer.start(asyncio.get_running_loop())
        background.start()
        house = asyncio.create_task(_every(writer))
        self._stop_on_signals(server, hub)
        try:
            await server.serve(sockets=[listener])
        finally:
            house.cancel()
            await asyncio.to_thread(background.stop)
            await writer.stop()

    def _open_store(self) -> Store:
        return Store(self.request.folder, self.request.clock, gate=self.gate)

    def _stop_on_signals(self, server: uvicorn.Server, hub: Hub) -> None:
        def stop() -> None:
            server.force_exit = server.should_exit
            server.should_exit = True
            hub.close()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)


async def _every(writer: Writer) -> None:
    while True:
        await asyncio.sleep(_HOUSE_EVERY)
        with contextlib.suppress(ApiError):  # a full disk, say: whoever writes is told
            await writer.call(keep_house)


class _Server(uvicorn.Server):
    """Leaves signals to us, and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _server(app: App, limits: Limits, ready: Callable[[], None]) -> _Server:
    config = configured(app, stop_seconds=limits.stop_seconds, idle_seconds=60)
    return _Server(config, ready)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
