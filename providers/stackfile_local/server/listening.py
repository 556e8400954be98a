"""Sockets that listen, and uvicorn as everything here is served by it."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn

from stackfile_local.server.protocol import PatientProtocol

_BACKLOG = 1024


class NoAddress(Exception):
    """Its text is the reason, as the system says it."""


def listening(host: str, port: int) -> socket.socket:
    """Raises NoAddress."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise NoAddress(getattr(error, "strerror", None) or str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise NoAddress(error.strerror or str(error)) from error
    return listener


def configured(app: Any, *, stop_seconds: int, idle_seconds: int) -> uvicorn.Config:
    """Requests may take `stop_seconds` when the server is told to end; connections are left after `idle_seconds`."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=idle_seconds,
        timeout_graceful_shutdown=stop_seconds,
    )
