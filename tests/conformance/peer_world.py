"""A fresh peer service and a stack's state, for tests that go through the whole engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.sdk.provider import Session
from stackfile.testing.bench import FakeClock, World, bytes_under, quick_store
from stackfile.testing.simulator import Faults
from tests.peer.service import CLIENT_ID, CLIENT_SECRET, PeerService
from tests.peer.stackfile_peer import Peer

SETTINGS: Mapping[str, str] = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET}


class PeerWorld:
    """The world, and the service in it to look into and to disturb."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self.clock = FakeClock()
        self.service = PeerService(self.clock, faults)
        self.world = World(
            provider=Peer,
            settings=SETTINGS,
            session=self.session,
            store=quick_store(folder),
            kept=lambda: bytes_under(folder),
            holds=self.holds,
        )

    def session(self, instance: str) -> Session:
        transport = self.service.app.transport()
        return Session(Path(), Path(), self.clock, instance, {"transport": transport, "random": lambda: 1.0})

    def holds(self, secret: str) -> bool:
        return any(secret in one.fields.values() for one in self.service.live("sources"))
