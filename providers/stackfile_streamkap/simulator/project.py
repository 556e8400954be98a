"""What a simulated project holds, and how its answers look: envelopes, two shapes of errors, states that take time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from stackfile.testing.simulator import Answer, Conditions, Refused, Request, Shelf, paged
from stackfile_streamkap.catalogue.entries import BuiltIn, Offers
from stackfile_streamkap.simulator.definitions import later

TENANT, SERVICE = "tenant-1", "service-1"
EVENTS = 1200
"""How many a topic has in each partition."""


@dataclass
class Stored:
    """One object. `body` is as it was last sent, secrets too; moments are on the monotonic clock."""

    id: str
    body: dict[str, Any]
    made: str
    settles: float = 0.0
    is_new: bool = True
    ends: float | None = None
    """When it is gone, once its deletion has begun."""

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))


@dataclass
class Reading:
    """One table that a snapshot reads, by the monotonic clock. `stopped` is when it was told to stop."""

    topic: str
    submitted: str
    begins: float
    ends: float
    filter: str | None = None
    stopped: float | None = None
    asked: float = 0.0

    def status(self, now: float) -> str:
        if self.stopped is not None and self.stopped <= now and self.stopped < self.ends:
            return "cancelled"
        return "pending" if now < self.begins else "running" if now < self.ends else "completed"

    def runs(self, now: float) -> bool:
        return self.status(now) in ("running", "pending")


@dataclass
class Pace:
    """How long Kafka Connect takes, in seconds: until a connector runs, and until a deleted one is gone."""

    starts: float = 1.0
    changes: float = 0.5
    ends: float = 0.5
    table: float = 1.0
    """Until a snapshot has read one table; one is read after the other."""
    gateway: float = 60.0
    """Whoever lets a call wait for longer gets a 504."""
    metrics: float = 0.0
    """How far metrics are behind."""


@dataclass
class Project:
    """The objects of one service of a tenant. `elsewhere` are names of sources and destinations that the tenant's other
    services have taken. `checks_names`: a pipeline must call its ends as they are called; whether the service insists
    on that is not known. `offers` are its connectors; a session in `ahead` is shown what a later service has."""

    conditions: Conditions
    pace: Pace = field(default_factory=Pace)
    elsewhere: set[str] = field(default_factory=set)
    checks_names: bool = False
    offers: Offers = field(default_factory=BuiltIn)
    ahead: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        faults = self.conditions.faults
        self.shelves: dict[str, Shelf[Stored]] = {
            name: Shelf(faults)
            for name in ("sources", "destinations", "pipelines", "transforms", "tags", "kafka-users", "credentials")
        }
        self.topics: dict[str, dict[str, Any]] = {}
        """Streamkap's records of topics by id."""
        self.partitions: dict[str, int] = {}
        """Kafka's own topics, which stay when a record goes."""
        self.snapshots: dict[str, list[Reading]] = {}
        """What each source was told to read again, the newest last."""
        self.offsets: dict[tuple[str, str], int] = {}
        """Where a consumer group is with a topic, which has `EVENTS`."""
        self._ending: dict[str, list[Stored]] = {}
        self._add_system_tags()

    def _add_system_tags(self) -> None:
        for id, name in (("670e5ca40afe1d3983ce0c22", "Development"), ("670e5ca40afe1d3983ce0c23", "Production")):
            body = {"name": name, "type": ["environment"], "description": "", "system": True}
            self.shelves["tags"].put(id, Stored(id, body, self.moment))

    @property
    def now(self) -> float:
        return self.conditions.clock.monotonic()

    @property
    def moment(self) -> str:
        return self.conditions.clock.now().isoformat()

    def live(self, shelf: str) -> list[Stored]:
        """The objects that are there, in order of creation."""
        self._sweep(shelf)
        return list(self.shelves[shelf])

    def get(self, shelf: str, id: str) -> Stored | None:
        self._sweep(shelf)
        return self.shelves[shelf].get(id)

    def stored(self, shelf: str, id: str) -> Stored:
        """Raises Refused with 404 where there is none."""
        found = self.get(shelf, id)
        if found is None:
            refuse(404, f"{shelf[:-1].capitalize()} {id} not found")
        return found

    def add(self, shelf: str, body: dict[str, Any], id: str | None = None) -> Stored:
        stored = Stored(id or self.conditions.id(), body, self.moment)
        self.shelves[shelf].put(stored.id, stored)
        return stored

    def remove(self, shelf: str, id: str) -> None:
        self.shelves[shelf].remove(id)

    def begin_end(self, shelf: str, stored: Stored) -> None:
        """The record stays readable, and its name taken, for a while."""
        if stored.ends is None:
            stored.ends = self.now + self.pace.ends
            self._ending.setdefault(shelf, []).append(stored)

    def is_taken(self, shelf: str, name: str, but: str = "") -> bool:
        far = name in self.elsewhere and shelf in ("sources", "destinations")
        return far or any(one.name == name and one.id != but for one in self.live(shelf))

    def offered_to(self, request: Request) -> Offers:
        """The connectors that it describes."""
        return later() if request.headers.get("authorization") in self.ahead else self.offers

    def holds(self, secret: str) -> bool:
        """Whether some object was given this secret."""
        return any(_has(stored.body, secret) for shelf in self.shelves.values() for stored in shelf)

    def page(self, shelf: str, request: Request, shown: Callable[[Stored], Any]) -> Answer:
        """A page of a list. `total` counts what is on its way out too (provider internal/api/source.go)."""
        self._sweep(shelf)
        number = _positive(request, "page", 1)
        size = min(_positive(request, "page_size", 10), 100)
        wanted = _filter(request)
        if wanted is None:
            part = self.shelves[shelf].page(number, size)
        else:
            part = paged(list(filter(wanted, self.live(shelf))), number, size, self.conditions.faults.paging)
        body = {"result": [shown(one) for one in part.items], "page": number, "page_size": size, "total": part.total}
        return Answer(200, {**body, "has_next": part.more})

    def _sweep(self, shelf: str) -> None:
        ending = self._ending.get(shelf)
        if not ending:
            return
        for one in ending:
            if one.ends is not None and one.ends <= self.now:
                self.shelves[shelf].remove(one.id)
        self._ending[shelf] = [one for one in ending if one.ends is not None and one.ends > self.now]

    async def waited(self, request: Request, seconds: float) -> None:
        """`wait` is true unless it is said otherwise, and then Kafka Connect is waited for."""
        if request.query.get("wait", "true") == "false":
            return
        await self.conditions.clock.sleep(min(seconds, self.pace.gateway))
        if seconds > self.pace.gateway:
            raise Refused(Answer(504, "<html><body>504 Gateway Time-out</body></html>"))


def envelope(found: Any) -> Answer:
    """How one object is answered; an empty one says that it is gone."""
    result = [] if found is None else [found]
    return Answer(200, {"total": len(result), "page": 1, "page_size": 10, "result": result})


def refuse(status: int, detail: str) -> NoReturn:
    """An error of the application: `detail` is a text."""
    raise Refused(Answer(status, {"detail": detail}))


def invalid(*problems: tuple[tuple[str | int, ...], str]) -> NoReturn:
    """An error of validation: `detail` is a list of places and reasons."""
    detail = [{"loc": ["body", *place], "msg": says, "type": "value_error"} for place, says in problems]
    raise Refused(Answer(422, {"detail": detail}))


def body_of(request: Request, *required: str) -> dict[str, Any]:
    """The body. Raises Refused where it is none or lacks a field."""
    if not isinstance(request.json, dict):
        invalid(((), "value is not a valid dict"))
    missing = [name for name in required if request.json.get(name) in (None, "")]
    if missing:
        invalid(*(((name,), "field required") for name in missing))
    return dict(request.json)


def tags_of(project: Project, body: Mapping[str, Any]) -> Iterable[str]:
    """Checked: each is the id of a tag."""
    for number, id in enumerate(body.get("tags") or ()):
        if project.get("tags", id) is None:
            invalid((("tags", number), f"Tag {id} not found"))
    return list(body.get("tags") or ())


def _positive(request: Request, name: str, default: int) -> int:
    try:
        return max(1, int(request.query.get(name, default)))
    except ValueError:
        invalid(((name,), "value is not a valid integer"))


def _filter(request: Request) -> Callable[[Stored], bool] | None:
    name, connector = request.query.get("partial_name"), request.query.get("connector")
    if name is None and connector is None:
        return None
    return lambda one: (name or "") in one.name and connector in (None, one.body.get("connector"))


def _has(value: Any, secret: str) -> bool:
    if isinstance(value, Mapping):
        return any(_has(one, secret) for one in value.values())
    return bool(value == secret)
