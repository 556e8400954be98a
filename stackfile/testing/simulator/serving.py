"""A simulator on loopback, for `stack sandbox`: until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator

import uvicorn

from stackfile.errors import DiagnosticError
from stackfile.testing.simulator.service import Simulator
from stackfile.testing.simulator.weather import App, Message, Receive, Scope, Send

_HOST = "127.0.0.1"


def serve(simulator: Simulator, port: int, ready: Callable[[str], None]) -> None:
    """Port 0 is any that is free; `ready` is told the url. Raises DiagnosticError for a port that cannot be had."""
    with contextlib.closing(bound(port)) as listener:
        url = f"http://{_HOST}:{listener.getsockname()[1]}"
        asyncio.run(_run(severing(simulator), listener, lambda: ready(url)))


def bound(port: int) -> socket.socket:
    """On loopback; listens once it is served. Raises DiagnosticError."""
    # asyncio sends at once (TCP_NODELAY) only on a socket that names its protocol. On any other the end of each answer
    # waits for the client to acknowledge its beginning: 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise DiagnosticError.of(
            "sandbox-port",
            f"the sandbox cannot listen at {_HOST}, port {port}: {error.strerror}",
            "Choose another, or 0 for any that is free: stack sandbox NAME --port 0",
        ) from error
    return listener


def severing(app: App) -> App:
    """The app, with the connection cut where it raises ConnectionError: half an answer is none to a client."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def sent(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await app(scope, receive, sent)
        except ConnectionError:
            if not began:
                headers = [(b"content-length", b"2")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": b"{", "more_body": True})

    return served


async def _run(app: App, listener: socket.socket, ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, ready)

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve(sockets=[listener])


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
