"""A service in memory with a provider that does as told: verbs that fail before or after they did their work, objects
that are listed late, and kinds that can be told apart by little."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from stackfile.sdk.delivery import Delivered
from stackfile.sdk.provider import Body, Health, Kind, Live, Provider, Scope, Session, Settings, Step, Update
from stackfile.sdk.traits import KindTraits, OnRemove, Reads, Reference, Trait, Wait
from stackfile.testing.bench import Bench, FakeClock, World, bytes_under, quick_store
from stackfile.values import drop, put

TOKEN = "s3cr3t-token"
KINDS = ("box", "note", "secret", "key")


@dataclass
class Shelf:
    """The service. `before` and `after` hold errors by verb and kind (`create box`), raised in turn; `meanwhile` is
    what others do as soon as it is asked; `calls` are all verbs that were asked for."""

    clock: FakeClock = field(default_factory=FakeClock)
    objects: dict[str, dict[str, Live]] = field(default_factory=lambda: {name: {} for name in KINDS})
    before: dict[str, list[Exception]] = field(default_factory=dict)
    after: dict[str, list[Exception]] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    status: list[str] = field(default_factory=list)
    tenant: str = "acme"
    cause: str | None = None
    keeps_marks: bool = False
    calls: list[str] = field(default_factory=list)
    number: Callable[[], int] = field(default_factory=lambda: itertools.count(1).__next__)

    def fail(self, errors: dict[str, list[Exception]], call: str) -> None:
        waiting = errors.get(call, [])
        if waiting:
            raise waiting.pop(0)

    def put(
        self, kind: str, fields: Mapping[str, Any], created_at: datetime | None = None, mark: str | None = None
    ) -> Live:
        """An object as somebody else makes it, unless it has a mark."""
        live = Live(f"{kind}-{self.number()}", dict(fields), created_at, mark)
        self.objects[kind][live.id] = live
        return live


class Box(Body):
    name: Annotated[str, Trait.IDENTITY]
    size: Annotated[int, OnRemove.DEFAULT] = 1
    shape: Annotated[str | None, Trait.IMMUTABLE] = None
    label: str | None = None
    password: Annotated[str | None, Trait.WRITE_ONLY] = None
    lining: Annotated[str | None, Trait.UNREAD] = None
    timeout: Annotated[str | None, Trait.LOCAL] = None
    inside: Annotated[str | None, Reference(("sources",))] = None
    serial: Annotated[int | None, Trait.COMPUTED] = None
    status: Annotated[str | None, Trait.COMPUTED, Trait.VOLATILE] = None


class Note(Body):
    """Nothing tells two notes apart but what they say."""

    text: str
    about: Annotated[str | None, Reference(("sources",)), Trait.PINS] = None


class Hidden(Body):
    name: Annotated[str, Trait.IDENTITY]
    text: str | None = None


class Key(Delivered):
    """The service makes its token, and shows it in the answer to the create alone."""

    name: Annotated[str, Trait.IDENTITY]
    rights: list[str] | None = None
    token: Annotated[str | None, Trait.COMPUTED, Trait.SENSITIVE] = None


class Spell(Body):
    """The service has it and shows it to nobody."""

    name: Annotated[str, Trait.IDENTITY, Trait.UNREAD]
    text: Annotated[str | None, Trait.UNREAD] = None


class ShelfKind(Kind[Any]):
    """The verbs of all kinds. What is sent is kept, secrets are not shown."""

    traits: ClassVar[KindTraits] = KindTraits(settle=10.0)

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    async def list_all(self) -> Sequence[Live]:
        await self._ask("list")
        return [
            self._shown(live) for live in self.shelf.objects[self.name].values() if live.id not in self.shelf.unlisted
        ]

    async def read(self, id: str) -> Live | None:
        await self._ask("read")
        live = self.shelf.objects[self.name].get(id)
        return None if live is None else self._shown(live)

    async def create(self, desired: Any, step: Step) -> Live:
        await self._ask("create")
        fields = desired.model_dump(mode="json", exclude_none=True)
        live = self.shelf.put(self.name, fields, self.shelf.clock.now(), step.mark)
        self._answer("create")
        await step.created(live.id)
        self._answer("finish")
        return self._shown(live)

    async def update(self, change: Update[Any], step: Step) -> Live:
        await self._ask("update")
        live = self.shelf.objects[self.name][change.live.id]
        fields = dict(live.fields)
        for path, value in change.changed.items():
            fields = put(fields, path, value)
        for path in change.removed:
            fields = drop(fields, path)
        live = Live(live.id, fields, live.created_at)
        self.shelf.objects[self.name][live.id] = live
        self._answer("update")
        return self._shown(live)

    async def delete(self, live: Live, step: Step) -> None:
        await self._ask("delete")
        self.shelf.objects[self.name].pop(live.id, None)
        self._answer("delete")

    async def _ask(self, verb: str) -> None:
        call = f"{verb} {self.name}"
        self.shelf.calls.append(call)
        if call in self.shelf.meanwhile:
            await self.shelf.meanwhile.pop(call)()
        self.shelf.fail(self.shelf.before, call)

    def _answer(self, verb: str) -> None:
        self.shelf.fail(self.shelf.after, f"{verb} {self.name}")

    def _shown(self, live: Live) -> Live:
        fields = {name: value for name, value in live.fields.items() if name not in ("password", "timeout")}
        if self.name == "box":
            fields |= {"serial": len(str(live.id)), "status": self.shelf.status[0] if self.shelf.status else "ready"}
            self.shelf.status = self.shelf.status[1:]
        return Live(live.id, fields, live.created_at, live.mark if self.shelf.keeps_marks else None)


class Boxes(ShelfKind):
    section, name, model = "sources", "box", Box

    @classmethod
    def health(cls, live: Live) -> Health:
        return Health(Wait(str(live.fields["status"])), f"it is {live.fields['status']}")


class Notes(ShelfKind):
    section, name, model = "pipelines", "note", Note


class Secrets(ShelfKind):
    section, name, model = "streams", "secret", Hidden
    traits = KindTraits(settle=10.0, can_list=False)


class Keys(ShelfKind):
    section, name, model = "resources", "key", Key
    traits = KindTraits(settle=10.0, shown_once=("token",))

    async def create(self, desired: Key, step: Step) -> Live:
        made = await super().create(desired.model_copy(update={"deliver_to": None}), step)
        token = f"{TOKEN}-{made.id}"
        return Live(made.id, {**made.fields, "token": token}, made.created_at, made.mark)


class Spells(ShelfKind):
    """Making one again is the same as once."""

    section, name, model = "resources", "spell", Spell
    traits = KindTraits(settle=10.0, reads=Reads.NONE, stable_id=True)

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return str(desired["name"])

    async def create(self, desired: Any, step: Step) -> Live:
        return await self._sent(desired)

    async def update(self, change: Update[Any], step: Step) -> Live:
        return await self._sent(change.desired)

    async def _sent(self, desired: Any) -> Live:
        await self._ask("send")
        live = Live(desired.name, desired.model_dump(mode="json", exclude_none=True))
        self.shelf.objects.setdefault(self.name, {})[live.id] = live
        self._answer("send")
        return Live(live.id, {})


class Shelves(Provider[Settings]):
    name = "shelves"
    settings = Settings
    kind_types: ClassVar[Sequence[type[ShelfKind]]] = (Boxes, Notes, Secrets, Keys, Spells)
    request_timeout = 20.0

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.kinds = tuple(kind(shelf) for kind in self.kind_types)

    @classmethod
    async def connect(cls, settings: Settings, session: Session) -> Shelves:
        shelf = session.options["shelf"]
        shelf.fail(shelf.before, "connect")
        return cls(shelf)

    async def scope(self) -> Scope:
        self.shelf.fail(self.shelf.before, "scope")
        return Scope("shelves", self.shelf.tenant)

    async def cause_of_loss(self) -> str | None:
        return self.shelf.cause


def bench_over(shelf: Shelf, folder: Path) -> Bench:
    """A stack whose state is in the folder."""

    def session(instance: str) -> Session:
        return Session(folder, folder, shelf.clock, instance, {"shelf": shelf})

    return Bench.over(World(Shelves, {}, session, quick_store(folder), lambda: bytes_under(folder)))
