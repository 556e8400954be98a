"""The lock file of a lease, how an observer tells whether its holder is alive, and what a refused one is told."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum, auto

import orjson

from stackfile.errors import Diagnostic, LockHeld, StateError
from stackfile.state.codec import in_utc
from stackfile.state.leaves import dump
from stackfile.state.machine import Machine
from stackfile.state.store import Holder, LockInfo

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """In seconds. A lease is renewed every `beat` and ends `ttl` after the last time.

    Whoever takes over one that ended so waits `grace` more: one request that its holder had sent by then.
    """

    beat: float = 5.0
    ttl: float = 30.0
    grace: float = 30.0
    poll: float = 0.25


@dataclass(frozen=True, slots=True)
class Lock:
    """What the lock file holds. `place` and `process` say which process it is; `at` is the last heartbeat's time."""

    id: str
    holder: Holder
    token: int
    since: datetime
    heartbeat: int
    at: datetime
    place: str
    process: str

    def is_same_lease(self, other: Lock | None) -> bool:
        return other is not None and (self.id, self.token) == (other.id, other.token)

    def beaten(self, now: datetime) -> Lock:
        return replace(self, heartbeat=self.heartbeat + 1, at=now)

    def info(self, *, alive: bool) -> LockInfo:
        return LockInfo(self.id, self.holder, self.token, self.since, self.heartbeat, self.at, alive)


def new_lock(holder: Holder, token: int, machine: Machine) -> Lock:
    """The lock is called like the end of the run's name, so that both are found in one log; else by a random text."""
    suffix = holder.run.rpartition("-")[2]
    name = suffix if re.fullmatch("[a-z0-9]{3,4}", suffix) else _random_name(machine)
    holder = replace(holder, host=holder.host or machine.host, pid=machine.pid)
    now = machine.now()
    return Lock(name, holder, token, now, 0, now, machine.place, machine.process(machine.pid) or "")


def _random_name(machine: Machine) -> str:
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in machine.random(3))


def print_lock(lock: Lock) -> bytes:
    fields = asdict(lock) | {"since": in_utc(lock.since), "at": in_utc(lock.at)}
    return dump(fields) + b"\n"


def parse_lock(data: bytes, where: str) -> Lock:
    """Raises StateError, naming the file, for what no lock prints as."""
    try:
        fields = orjson.loads(data)
        times = {key: datetime.fromisoformat(fields[key]) for key in ("since", "at")}
        return Lock(**(fields | times | {"holder": Holder(**fields["holder"])}))
    except (KeyError, TypeError, ValueError) as error:
        raise StateError.of(
            "lock-damaged",
            f"{where} is no lock ({error})",
            f"When surely nobody else works on this stack: rm {where}",
        ) from None


class Standing(Enum):
    """What an observer can say of a lease's holder. `SILENT`: too early to tell."""

    ALIVE = auto()
    SILENT = auto()
    GONE = auto()


class Watch:
    """One observer of a lock file. Clocks of two hosts are never compared to decide that a holder is gone.

    A holder is gone when its process is, where that can be seen from here, or when its heartbeat stood still for the
    lease's time, and one request's, on the observer's own clock.
    """

    def __init__(self, times: LeaseTimes) -> None:
        self._times = times
        self._seen: Lock | None = None
        self._still_since = 0.0
        self._moved = False

    def judge(self, lock: Lock, machine: Machine) -> Standing:
        if lock.place == machine.place and machine.process(lock.holder.pid) != lock.process:
            return Standing.GONE
        now = machine.monotonic()
        if lock != self._seen:
            self._moved = lock.is_same_lease(self._seen)
            self._seen, self._still_since = lock, now
        still = now - self._still_since
        if still >= self._times.ttl + self._times.grace:
            return Standing.GONE
        age = (machine.now() - lock.at).total_seconds()
        recent = (self._moved and still < self._times.ttl) or -self._times.beat <= age < self._times.ttl
        return Standing.ALIVE if recent else Standing.SILENT


def lock_held(owner: tuple[str, str], lock: Lock, wanted: Holder, now: datetime, times: LeaseTimes) -> LockHeld:
    """The refusal, with who holds the lock and what to do."""
    holder = lock.holder
    where = holder.run_url or f"process {holder.pid} on {holder.host}"
    held = _spoken((now - lock.since).total_seconds())
    beat = _spoken((now - lock.at).total_seconds())
    return LockHeld(
        [
            Diagnostic(
                "lock-held",
                f"stack {owner[0]} ({owner[1]}) is locked",
                help=(
                    f"by     {holder.by}, `{holder.command}`, {where}",
                    f"since  {lock.since:%Y-%m-%d %H:%M:%S} UTC, {held}; heartbeat {beat} ago: it is alive",
                    f"Wait for it: {wanted.command} --lock-timeout 10m."
                    " If its job is surely dead the lease ends by itself",
                    f"{times.ttl:.0f} s after the last heartbeat; before that: stack lock break {lock.id}",
                ),
            )
        ]
    )


def _spoken(seconds: float) -> str:
    """`4 s`, `2 m 10 s`, `3 h 5 m`."""
    whole = max(int(seconds), 0)
    minutes, hours = whole // 60, whole // 3600
    if hours:
        return f"{hours} h {minutes % 60} m"
    return f"{minutes} m {whole % 60} s" if minutes else f"{whole} s"
