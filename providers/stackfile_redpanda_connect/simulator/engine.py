"""The engine itself: its streams and resources in memory, what it was started with, what a restart leaves."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackfile.testing.simulator import Answer, Conditions, Refused
from stackfile_redpanda_connect.simulator.building import Unbuilt, build_stream
from stackfile_redpanda_connect.simulator.documents import document
from stackfile_redpanda_connect.simulator.parsing import Config, config_of
from stackfile_redpanda_connect.simulator.running import Network, Run
from stackfile_redpanda_connect.simulator.surroundings import filled
from stackfile_redpanda_connect.simulator.values import decoded

NEVER = 86_400.0
"""Seconds that a stop takes that nobody bounds and that never ends."""
_GRACEFUL = 0.75
_TYPES = ("cache", "input", "output", "processor", "rate_limit")


@dataclass
class Stream:
    """One stream as it runs. `raw` is what GET echoes, `started` a moment of the monotonic clock."""

    id: str
    raw: Any
    run: Run
    started: float
    removed: bool = False

    def elapsed(self, now: float) -> float:
        return max(0.0, now - self.started)

    def is_active(self, now: float) -> bool:
        return not self.removed and self.elapsed(now) < self.run.ends_after()

    def uptime(self, now: float) -> float:
        """In seconds; of one that has ended, until its end."""
        return min(self.elapsed(now), self.run.ends_after())


@dataclass
class Engine:
    """What tests look at and turn. `from_files` are the streams that the engine's start has, YAML by id.

    `starts` counts for each id how often a stream of that id was started, over restarts too. `credentials` are name and
    password of basic authentication, None where there is none.
    """

    conditions: Conditions
    environment: dict[str, str] = field(default_factory=dict)
    from_files: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, str] | None = None
    network: Network = field(default_factory=Network)
    root_path: str = "/benthos"
    version: str = "unknown"
    streams: dict[str, Stream] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each resource was last made of, by type and id."""
    starts: Counter[str] = field(default_factory=Counter)
    restarts: int = 0

    def __post_init__(self) -> None:
        self.seen: dict[str, Stream] = {}
        """The last stream of each id, whose ready endpoint stays when the stream is gone."""
        self._start()

    @property
    def now(self) -> float:
        return self.conditions.clock.monotonic()

    def restart(self) -> None:
        """All that came by the API is gone. Whoever is waiting for an answer does not get one."""
        self.restarts += 1
        self._start()

    def holds(self, secret: str) -> bool:
        """Whether some stream or resource was given this secret."""
        return any(_has(one.raw, secret) for one in self.streams.values()) or _has(self.resources, secret)

    def create(self, id: str, raw: Any, config: Config) -> None:
        """Raises Unbuilt; and Refused where the id is taken, which is looked at first."""
        if id in self.streams:
            raise Refused(said(400, "Stream already exists"))
        build_stream(config, self.resources)
        self.streams[id] = self.seen[id] = Stream(id, raw, Run(config, self.network), self.now)
        self.starts[id] += 1

    async def delete(self, id: str, timeout: float | None) -> None:
        """Waits for the stream's stop, within the time-out if there is one. Raises Refused where there is none."""
        stream = self.stream(id)
        alive = self.restarts
        try:
            await self._stopped(stream, timeout)
        finally:  # whoever hangs up meanwhile has the stream stopped all the same
            if alive == self.restarts:
                stream.removed = True
                self.streams.pop(id, None)
        if alive != self.restarts:
            raise ConnectionResetError

    async def update(self, id: str, raw: Any, config: Config, timeout: float | None) -> None:
        """Delete, then create: where the new stream cannot be made none is left. Raises Unbuilt and Refused."""
        alive = self.restarts
        try:
            await self.delete(id, timeout)
        except asyncio.CancelledError:
            if alive == self.restarts:
                self.create(id, raw, config)
            raise
        self.create(id, raw, config)

    def stream(self, id: str) -> Stream:
        """Raises Refused where there is none."""
        if id not in self.streams:
            raise Refused(said(404, "Stream not found"))
        return self.streams[id]

    async def _stopped(self, stream: Stream, timeout: float | None) -> None:
        if not stream.is_active(self.now):
            return
        day = self.conditions.clock.now().timestamp()
        needed = min(stream.run.stops_in(stream.elapsed(self.now), day), NEVER)
        if timeout is not None:
            graceful = timeout * _GRACEFUL
            needed = min(needed, graceful if graceful > 1 else max(timeout, 0.0))
        if needed > 0:
            await self.conditions.clock.sleep(needed)

    def _start(self) -> None:
        self.streams, self.seen = {}, {}
        self.resources = {type: {} for type in _TYPES}
        for id, text in self.from_files.items():
            node = document(filled(text, self.environment).text)
            try:
                self.create(id, decoded(node)[0], config_of(node))
            except Unbuilt:
                raise ValueError(f"the engine does not start with the stream {id}") from None


def said(status: int, text: str) -> Answer:
    """A refusal in plain text, as Go writes one."""
    return Answer(status, f"{text}\n", {"x-content-type-options": "nosniff"})


def _has(value: Any, secret: str) -> bool:
    if isinstance(value, Mapping):
        return any(_has(one, secret) for one in value.values())
    if isinstance(value, list):
        return any(_has(one, secret) for one in value)
    return isinstance(value, str) and secret in value
