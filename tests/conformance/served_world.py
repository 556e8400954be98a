"""The served engine's whole application inside the test: real requests and a real store, without a socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from stackfile.sdk.provider import Session
from stackfile.testing.bench import FakeClock, World, bytes_under, quick_store
from stackfile.testing.simulator.weather import Weather
from stackfile_local import Local
from stackfile_local.engine.store import Store
from stackfile_local.engine.tables import ADD_API_SETTINGS
from stackfile_local.server.app import App
from stackfile_local.server.engine import Served
from stackfile_local.server.guard import Guard
from stackfile_local.server.hub import Hub
from stackfile_local.server.limits import Limits
from stackfile_local.server.rate import Rate
from stackfile_local.server.writer import Writer

URL = "http://127.0.0.1:7070"
TOKEN = "t0ken-of-the-engine"


class ServedWorld:
    """Must be made inside a running loop. Nothing moves events: these tests are about what is declared."""

    def __init__(self, base: Path) -> None:
        self.base, self.clock = base, FakeClock()
        (base / "in.csv").write_text("order,customer\n")
        self.store = self._open()
        with self.store.transaction() as transaction:
            transaction.execute(ADD_API_SETTINGS)
        hub = Hub(lambda: 0)
        self.writer = Writer(self._open, hub.moved, 2**20)
        self.writer.start(asyncio.get_running_loop())
        rate = Rate(None, self.clock.monotonic)
        served = Served(self.store, self.writer, hub, Limits(), rate, self.clock.monotonic, base)
        self.app = Weather(App(served, Guard(TOKEN.encode())), self.clock)
        self.world = World(
            provider=Local,
            settings={"url": URL, "token": TOKEN},
            session=self.session,
            store=quick_store(base / "state"),
            kept=lambda: bytes_under(base / "state"),
            close=self.close,
            service=self.app,
        )

    def _open(self) -> Store:
        return Store(self.base / "engine", self.clock)

    def session(self, instance: str) -> Session:
        return Session(self.base, self.base, self.clock, instance, {"transport": httpx.ASGITransport(self.app)})

    def close(self) -> None:
        self.writer.end()
        self.store.close()
