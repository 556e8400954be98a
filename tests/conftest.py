"""What holds for every test: no network but this machine, no home folder, no settings of the developer's own."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Runs alike on every machine; `--hypothesis-profile=search` looks further.
settings.register_profile(
    "steady",
    derandomize=True,
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

SETTINGS = ("STACK_", "XDG_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "_STACK_COMPLETE")


class NetworkRefused(AssertionError):
    """A test reached for another machine."""


def is_here(address: object) -> bool:
    """Whether an address given to a socket, or a host name, is this machine's own."""
    if isinstance(address, tuple) and address:
        return is_here(address[0])
    if isinstance(address, bytes):
        address = address.decode("ascii", "replace")
    if address is None or (isinstance(address, str) and (address in ("", "localhost") or address.startswith("/"))):
        return True
    try:
        return ipaddress.ip_address(str(address)).is_loopback
    except ValueError:
        return False


def only_here(function: Callable[..., Any], position: int) -> Callable[..., Any]:
    """The function, refusing to touch another machine; `position` counts to the address in its arguments."""

    def refusing(*arguments: Any, **named: Any) -> Any:
        if not is_here(arguments[position]):
            raise NetworkRefused(f"a test must not reach {arguments[position]!r}")
        return function(*arguments, **named)

    return refusing


@pytest.fixture(scope="session", autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The guards. Subprocesses inherit the environment, and so the home folder and the missing settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(SETTINGS):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("TERM", "xterm")
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, only_here(getattr(socket.socket, method), 1))
        patch.setattr(socket, "getaddrinfo", only_here(socket.getaddrinfo, 0))
        yield
