"""What happens during a run, as values: the engine emits them, reports turn them into text or JSON lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from stackfile.address import Address


@dataclass(frozen=True, slots=True)
class ReadDone:
    """Refresh is over: objects read and calls made, by provider instance; `seconds` of wall time."""

    objects: tuple[tuple[str, int], ...]
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunStarted:
    """An apply begins. `holder` is who took the lock, `changes` how many, `parallelism` how many at once."""

    run: str
    holder: str
    changes: int
    parallelism: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The lock of a run that was killed is ours now."""

    run: str
    host: str
    heartbeat_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """One intent of a killed run was judged. `verdict`: recorded, adopted, cleared, pending, exists, again."""

    address: Address
    verb: str
    says: str
    verdict: str


@dataclass(frozen=True, slots=True)
class StageStarted:
    """`verb` is create, update, delete, `replace: delete` or `replace: create`."""

    address: Address
    verb: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StageWaiting:
    """A stage waits for the service. `says` is the service's reason; times in seconds."""

    address: Address
    verb: str
    says: str
    waited: float
    limit: float
    at: datetime


@dataclass(frozen=True, slots=True)
class StageDone:
    address: Address
    verb: str
    id: str
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class StageFailed:
    """`says` is one line for the log; the ledger has the rest."""

    address: Address
    verb: str
    says: str
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Stopping:
    """A signal arrived: nothing more starts, running calls end."""

    running: int
    at: datetime


Event: TypeAlias = (
    ReadDone | RunStarted | TakenOver | Recovered | StageStarted | StageWaiting | StageDone | StageFailed | Stopping
)
Emit: TypeAlias = Callable[[Event], None]
