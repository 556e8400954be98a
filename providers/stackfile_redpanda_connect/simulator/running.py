"""What a stream does while it runs: how much it has read, when it ends by itself, what it reaches, how it stops."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from stackfile_redpanda_connect.simulator.parsing import Component, Config, inner
from stackfile_redpanda_connect.simulator.surroundings import Untimely, seconds

_FAST = 10_000.0
"""Messages a second of a `generate` without an interval."""
_FIRST_ATTEMPT = 3.0
"""Seconds after which an http_client that streams has failed for the first time."""
_WRAPPERS = ("broker", "switch", "fallback", "retry", "reject_errored", "read_until")


@dataclass
class Network:
    """What streams can reach: addresses (`host:port`) that answer, and files with their text."""

    listening: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)

    def refuses(self, made: Component) -> str | None:
        """Why a component does not connect; None where it does or never says so."""
        if made.name == "socket" and made.text("address") not in self.listening:
            return f"dial tcp {made.text('address')}: connect: connection refused"
        if made.name == "csv":
            absent = [path for path in paths_of(made) if path not in self.files]
            return f"open {absent[0]}: no such file or directory" if absent else None
        streams = made.own.get("stream")
        if made.type == "input" and made.name == "http_client" and streams is not None:
            url, address = made.text("url"), address_of(made.text("url"))
            enabled = streams.get("enabled")
            if enabled is not None and enabled.value == "true" and address not in self.listening:
                return f'{url}: Get "{url}": dial tcp {address}: connect: connection refused'
        return None

    def takes(self, made: Component) -> bool:
        """Whether an output gets rid of its messages."""
        if made.name == "http_client":
            return address_of(made.text("url")) in self.listening
        return made.name != "http_server" and self.refuses(made) is None


@dataclass(frozen=True)
class Run:
    """One life of a stream, from its start on."""

    config: Config
    network: Network

    def produced(self, elapsed: float) -> int:
        """Messages that its input has read after so many seconds."""
        made = self.config.input
        if made.name == "file":
            return sum(len(self.network.files.get(path, "").splitlines()) for path in paths_of(made))
        if made.name != "generate":
            return 0
        every, count = _interval(made), _count(made)
        done = math.floor(elapsed / every) + 1 if every else count or int(elapsed * _FAST) + 1
        return min(done, count) if count else done

    def ends_after(self) -> float:
        """Seconds after which the stream has ended by itself; infinite where it does not."""
        made = self.config.input
        if made.name == "file":
            return 0.0 if set(paths_of(made)) <= self.network.files.keys() and not self.is_stuck(0.0) else math.inf
        count = _count(made)
        if made.name != "generate" or not count or self.is_stuck(0.0):
            return math.inf
        return (count - 1) * _interval(made)

    def is_stuck(self, elapsed: float) -> bool:
        """Whether it has read what it cannot send."""
        return self.produced(elapsed) > 0 and not all(map(self.network.takes, leaves(self.config.output)))

    def stops_in(self, elapsed: float, clock: float) -> float:
        """Seconds until it has stopped gracefully; `clock` is the time of day since the epoch. Infinite: never."""
        if self.is_stuck(elapsed):
            return math.inf
        buffer = self.config.buffer
        if buffer.name != "system_window" or not self.produced(elapsed):
            return 0.0
        size, late = seconds(buffer.text("size")), buffer.text("allowed_lateness")
        return size - math.fmod(clock, size) + (seconds(late) if late else 0.0)

    def statuses(self, elapsed: float, terminated: bool) -> list[dict[str, Any]]:
        return [self._status(one, elapsed, terminated) for one in self._ends()]

    def is_connected(self, elapsed: float) -> bool:
        return all(one["connected"] for one in self.statuses(elapsed, False))

    def stats(self, id: str, elapsed: float) -> dict[str, Any]:
        """Counters and latencies by name and labels, without the uptime."""
        read = self.produced(elapsed)
        held = self.config.buffer.name == "system_window"
        result: dict[str, Any] = {}
        for one in leaves(self.config.input):
            result |= _series(one, id, {"received": read}) | self._connections(one, id)
        for one in (*self.config.input.processors(), *self.config.output.processors()):
            result |= _processed(one, id, read)
        if self.config.buffer.name != "none":
            sent = 0 if held else read
            counts = {"batch_received": read, "batch_sent": sent, "received": read, "sent": sent}
            result |= _series(self.config.buffer, id, counts) | _batches(self.config.buffer, id, sent)
        passed = 0 if held else read
        for one in self.config.processors:
            result |= _processed(one, id, passed)
        sent = 0 if self.is_stuck(elapsed) else passed
        for one in leaves(self.config.output):
            result |= _series(one, id, _sent(one, sent)) | self._connections(one, id)
        return result

    def _ends(self) -> Iterator[Component]:
        yield from leaves(self.config.input)
        yield from leaves(self.config.output)

    def _status(self, made: Component, elapsed: float, terminated: bool) -> dict[str, Any]:
        why = None if terminated else self.network.refuses(made)
        path = f"{made.type}_resources" if made.name == "resource" else _path(made).removeprefix("root.")
        status: dict[str, Any] = {"label": made.label, "path": path}
        status["connected"] = not terminated and why is None
        if why is not None and (made.name != "http_client" or elapsed >= _FIRST_ATTEMPT):
            status["error"] = why
        return status

    def _connections(self, made: Component, id: str) -> dict[str, Any]:
        if made.name in ("resource", "http_server"):
            return {}
        up = self.network.refuses(made) is None
        counts = {"connection_failed": 0 if up else 1, "connection_lost": 0, "connection_up": int(up)}
        return {_series_name(made, id, name): count for name, count in counts.items()}


def leaves(made: Component) -> list[Component]:
    """The inputs or outputs that a component is made of; itself where it is made of none."""
    inside = [one for _, one in inner(made) if one.type == made.type] if made.name in _WRAPPERS else []
    return [leaf for one in inside for leaf in leaves(one)] or [made]


def paths_of(made: Component) -> list[str]:
    listed = made.own.get("paths")
    return [one.value for one in listed.content] if listed is not None else []


def address_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _interval(made: Component) -> float:
    found = made.own.get("interval")
    if found is None:
        return 1.0
    try:
        return seconds(found.value) if found.value else 0.0
    except Untimely:
        return 60.0  # a cron expression or `@every`: seldom enough


def _count(made: Component) -> int:
    text = made.text("count")
    return int(float(text)) if text else 0


def _batches(buffer: Component, id: str, count: int) -> dict[str, int]:
    """What only the memory buffer counts."""
    if buffer.name != "memory":
        return {}
    made = {"check": 0, "count": count, "period": 0, "size": 0}
    place = f'path="{buffer.path}.batching",stream="{id}"'
    return {f'batch_created{{label="",mechanism="{why}",{place}}}': number for why, number in made.items()}


def _sent(made: Component, count: int) -> dict[str, int]:
    if made.name in ("reject", "sync_response"):
        return {"batch_sent": 0, "error": count, "rejected": 0, "sent": 0}
    counts = {"batch_sent": count, "error": 0, "rejected": 0, "sent": count}
    if made.name == "http_server":
        del counts["rejected"]
    return counts


def _processed(made: Component, id: str, count: int) -> dict[str, Any]:
    counts = {"batch_received": count, "batch_sent": count, "error": 0, "received": count, "sent": count}
    result = _series(made, id, counts)
    for _, one in inner(made):
        result |= _processed(one, id, 0)
    return result


def _series(made: Component, id: str, counts: Mapping[str, int]) -> dict[str, Any]:
    if made.name == "resource":  # it counts for itself, whoever uses it
        return {}
    moved = any(counts.values())
    latency = {"p50": 1000 if moved else 0, "p90": 2000 if moved else 0, "p99": 2000 if moved else 0}
    named = {_series_name(made, id, name): count for name, count in counts.items()}
    timed = (made.type, made.name) != ("output", "http_server")
    return {**named, _series_name(made, id, "latency_ns"): latency} if timed else named


def _path(made: Component) -> str:
    return f"{made.path}.sequence" if made.name == "sequence" else made.path


def _series_name(made: Component, id: str, name: str) -> str:
    return f'{made.type}_{name}{{label="{made.label}",path="{_path(made)}",stream="{id}"}}'
