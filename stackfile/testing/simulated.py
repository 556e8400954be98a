"""A world around a simulator: the provider talks to it in this process, and its time is the simulator's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackfile.sdk.provider import Provider, Session
from stackfile.testing.bench import World, bytes_under, quick_store
from stackfile.testing.simulator import Simulator


def simulated(folder: Path, provider: type[Provider[Any]], service: Simulator) -> World:
    """The stack's state is kept in the folder. Waits are as long as they may be: their jitter is always 1."""
    return World(
        provider=provider,
        settings=service.settings(),
        session=session_with(folder, service),
        store=quick_store(folder / "state"),
        kept=lambda: bytes_under(folder),
        holds=service.manners.holds,
        service=service,
    )


def session_with(folder: Path, service: Simulator) -> Callable[[str], Session]:
    """What makes the sessions of a run in which a provider talks to this simulator."""
    transport = service.transport()

    def session(instance: str) -> Session:
        options = {"transport": transport, "random": lambda: 1.0}
        return Session(folder, folder, service.clock, instance, options)

    return session
