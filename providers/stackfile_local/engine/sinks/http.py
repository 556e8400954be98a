"""Sends events by HTTP: at least once, and in such a way that a receiver can make it exactly once.

Where the events of a batch are cut into requests is kept in the engine before the first of them is sent. So after a
kill, when more events may be there than before, they are cut alike, and each request has the key that it had. What was
answered of a batch that is not done is remembered until it is: requests that were taken are not sent again, but for
those of a run that was killed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from stackfile.errors import ProviderError, Unreachable
from stackfile.sdk.rest.retry import retry_after
from stackfile_local.engine.events import Checkpoint, Event
from stackfile_local.engine.sinks import Encoded, Later, Mover
from stackfile_local.engine.sinks.backoff import Backoff
from stackfile_local.engine.sinks.http_client import Answer, Client
from stackfile_local.engine.store import Store

AGAIN = frozenset((408, 425, 429))
STOPS = frozenset((401, 403, 404, 405, 407))
"""They say nothing of the events: whoever sends them is not let in, or nobody takes them there."""

_LONGEST_WAIT = 3600.0
_TURN = 2.0
"""Seconds after which others have their turn, and whoever wants to stop the run: a batch may be thousands of requests.
"""
_CONTENT = {"json": "application/json", "ndjson": "application/x-ndjson", "single": "application/json"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

Place: TypeAlias = tuple[int, int]
"""Partition and offset in the input."""

Cut: TypeAlias = dict[int, int]
"""Where a request ends: its last offset of each partition."""


@dataclass(frozen=True, slots=True)
class One:
    """An event as it is sent: its number in the batch, where it stood, its value as JSON."""

    index: int
    place: Place
    data: bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """How events become requests. `form` is json, ndjson or single; `linger` is milliseconds."""

    form: str
    max_events: int
    max_bytes: int
    linger: int


@dataclass
class HttpSink:
    """Belongs to one mover: `mover_seq` is its seq."""

    store: Store
    mover_seq: int
    client: Client
    shape: Shape
    backoff: Backoff
    _mover: Mover | None = field(default=None, init=False)
    _cuts: list[Cut] = field(default_factory=list, init=False)
    """Where the requests of the batch under way end, as the engine has kept it."""
    _answered: dict[str, str] = field(default_factory=dict, init=False)
    """By the keys of requests of this batch, why the receiver did not take them; empty where it did."""
    _until: float = field(default=0.0, init=False)
    """The end of this turn."""

    def resume(self, mover: Mover, saved: Checkpoint) -> Checkpoint:
        if self._mover is None:
            rows = self.store.rows("SELECT position FROM outputs WHERE destination = ?", self.mover_seq)
            kept = _decode(rows[0][0]) if rows else {}
            if kept.get("input") == mover.input:
                self._cuts, self._answered = [dict(cut) for cut in kept["cuts"]], kept.get("answered", {})
        self._mover = mover
        return saved

    def encode(self, events: Sequence[Event]) -> Encoded:
        places = [(event[4], event[5]) for event in events]
        if len(set(places)) < len(places):  # results of windows, which stand in no stream
            places = [(0, index) for index in range(len(events))]
        ones = [One(index, places[index], _encode(event[1])) for index, event in enumerate(events)]
        self._linger(events, sum(len(one.data) for one in ones))
        return Encoded(self._requests(ones), len(ones))

    def stage(self, encoded: Encoded) -> Encoded:
        requests: list[list[One]] = encoded.payload
        cuts = [{one.place[0]: one.place[1] for one in request} for request in requests]
        if cuts != self._cuts:
            self._keep(cuts)
        self._until = self.store.clock.monotonic() + _TURN
        refused = [one for request in requests for one in self._deliver(request)]
        return Encoded(requests, encoded.count - len(refused), refused) if refused else encoded

    def apply(self, transaction: sqlite3.Connection, encoded: Encoded, now: int) -> None:
        if self._cuts:
            transaction.execute("DELETE FROM outputs WHERE destination = ?", (self.mover_seq,))

    def finish(self, mover: Mover, encoded: Encoded, at: Checkpoint) -> None:
        self._cuts, self._answered = [], {}

    def close(self) -> None:
        self.client.close()
        if self._answered:
            self._keep(self._cuts)

    def _linger(self, events: Sequence[Event], size: int) -> None:
        shape = self.shape
        if not shape.linger or not events or self._cuts or len(events) >= shape.max_events or size >= shape.max_bytes:
            return
        waited = self.store.microseconds() // 1000 - events[0][3]
        if 0 <= waited < shape.linger:
            raise Later("", after=(shape.linger - waited) / 1000)

    def _requests(self, ones: Sequence[One]) -> list[list[One]]:
        """Those that were kept as they were, then the rest as the settings say."""
        ends: dict[int, tuple[list[int], list[int]]] = {}
        for number, cut in enumerate(self._cuts):
            for partition, offset in cut.items():
                offsets, numbers = ends.setdefault(partition, ([], []))
                offsets.append(offset)
                numbers.append(number)
        kept: dict[int, list[One]] = {}
        rest: list[One] = []
        for one in ones:
            partition, offset = one.place
            offsets, numbers = ends.get(partition, ([], []))
            at = bisect_left(offsets, offset)
            (kept.setdefault(numbers[at], []) if at < len(offsets) else rest).append(one)
        return [kept[number] for number in sorted(kept)] + self._cut(rest)

    def _cut(self, ones: Sequence[One]) -> list[list[One]]:
        most = 1 if self.shape.form == "single" else self.shape.max_events
        requests: list[list[One]] = []
        size = 0
        for one in ones:
            size += len(one.data) + 1
            if not requests or len(requests[-1]) >= most or size > self.shape.max_bytes:
                requests.append([])
                size = len(one.data) + 1
            requests[-1].append(one)
        return requests

    def _keep(self, cuts: list[Cut]) -> None:
        if self._mover is None:
            return
        lists = [list(cut.items()) for cut in cuts]
        kept = _encode({"input": self._mover.input, "cuts": lists, "answered": self._answered}).decode()
        with self.store.transaction() as transaction:
            transaction.execute(
                "INSERT INTO outputs SELECT seq, ?2 FROM objects WHERE seq = ?1 "
                "ON CONFLICT DO UPDATE SET position = ?2",
                (self.mover_seq, kept),
            )
        self._cuts = cuts

    def _deliver(self, request: Sequence[One]) -> list[tuple[int, str]]:
        """Which of the events the receiver does not take. Raises ProviderError, Later too, where it takes none now."""
        body = self._body(request)
        key = self._key(request, body)
        if key not in self._answered:
            answer = self._send(body, key)
            self._answered[key] = answer.says if answer.status >= 300 else ""
        says = self._answered[key]
        if not says:
            return []
        if len(request) == 1:
            return [(request[0].index, says)]
        middle = len(request) // 2
        return [*self._deliver(request[:middle]), *self._deliver(request[middle:])]

    def _send(self, body: bytes, key: str) -> Answer:
        """An answer that says something of these events."""
        if self.store.clock.monotonic() >= self._until:
            raise Later("")
        headers = {"Content-Type": _CONTENT[self.shape.form], "Idempotency-Key": key}
        try:
            answer = self.client.send(body, headers)
        except Unreachable as error:
            raise self.backoff.failed(str(error)) from None
        status = answer.status
        if status in AGAIN or status >= 500:
            asked = retry_after(answer.headers, self.store.clock.now(), ProviderError) or 0.0
            raise self.backoff.failed(answer.says, min(asked, _LONGEST_WAIT))
        if status in STOPS or 300 <= status < 400:
            raise ProviderError(answer.says)
        self.backoff.worked()
        return answer

    def _body(self, request: Sequence[One]) -> bytes:
        if self.shape.form == "single":
            return request[0].data
        if self.shape.form == "ndjson":
            return b"\n".join([*(one.data for one in request), b""])
        return b"[" + b",".join([one.data for one in request]) + b"]"

    def _key(self, request: Sequence[One], body: bytes) -> str:
        mover = self._mover
        whose = (mover.engine, mover.id, mover.input) if mover is not None else ()
        digest = hashlib.sha256(_encode([whose, request[0].place, request[-1].place, len(request)]))
        digest.update(body)
        return digest.hexdigest()[:32]
