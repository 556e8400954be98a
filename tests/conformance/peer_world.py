"""A fresh peer service and a stack's state, for tests that go through the whole engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stackfile.testing.simulated import simulated
from stackfile.testing.simulator import Faults, SimulatedClock
from tests.peer.service import CLIENT_ID, CLIENT_SECRET, PeerService
from tests.peer.stackfile_peer import Peer

SETTINGS: Mapping[str, str] = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET}


class PeerWorld:
    """The world, and the service in it to look into and to disturb."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self.clock = SimulatedClock()
        self.service = PeerService(self.clock, faults)
        self.world = simulated(folder, Peer, self.service.app)

    def holds(self, secret: str) -> bool:
        return any(secret in one.fields.values() for one in self.service.live("sources"))
