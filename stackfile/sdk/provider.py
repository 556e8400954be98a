"""The plugin contract: a provider is a config model, one class a kind, and small async verbs.

Verbs hold no policy: no diff, no retry, no state, no printing. Whatever they raise is a `ProviderError`; anything else
is a fault of the provider and is reported as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from stackfile.sdk.traits import Effect, KindTraits, Wait
from stackfile.values import Path, Tree, Value

if TYPE_CHECKING:
    from stackfile.sdk.normal import Problem


class Body(BaseModel):
    """Ancestor of every kind's model. Frozen; a key that is not a field is an error.

    A model is built when it is first used: of a provider's many, a stackfile uses few.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        """What else is to be said of a body, by what its fields are together or by what the service is known to take.

        `tree` is as the file has it, with what only apply can tell as `Unknown`; secrets are `Sensitive`. Pure.
        """
        return ()


class Settings(BaseModel):
    """Ancestor of every provider's configuration, the entry under `providers:`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


B = TypeVar("B", bound=Body)
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Live:
    """One object as the service has it.

    `fields` is plain JSON in the shape of the kind's model, with only what the service returned; the engine puts it
    through the model before it compares. `created_at` (UTC) and `mark` (the `Step.mark` that it was made
    with, where the service keeps such a note) help recovery to tell ours from somebody else's.
    """

    id: str
    fields: Mapping[str, Any]
    created_at: datetime | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Update(Generic[B]):
    """What an update verb gets: the whole wish, and what differs.

    `desired` is what the stackfile sets, with the live value in fields that it leaves to somebody else
    (`ignore_changes`). `changed` holds the paths to set with their new plain values, `removed` those to unset, by the
    field's `on_remove`. A service that takes whole objects merges `desired` over `live.fields`.
    """

    live: Live
    desired: B
    changed: Mapping[Path, Any]
    removed: tuple[Path, ...] = ()


LOOKS_BACK: Final = 0.5
"""Seconds that what `look` shows may be old; nobody looks earlier than that after a change."""


class Step(Protocol):
    """The journal as a verb sees it. Both calls return when the record is durable."""

    @property
    def mark(self) -> str:
        """What a service that keeps notes should keep with a new object, to be given back as `Live.mark`: it tells this
        create from every other, so that an answer that never came needs no guess. Short, plain, no secret."""
        return ""

    async def created(self, id: str) -> None:
        """Must be awaited as soon as the id of a new object is known, before any further call."""

    async def phase(self, name: str) -> None:
        """Must be awaited before each further call; all that follows must converge when it is repeated."""


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> datetime:
        """Wall clock, UTC, aware."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What a provider instance is connected to: `tenant` tells one account, workspace or engine from another."""

    service: str
    tenant: str

    def __str__(self) -> str:
        return f"{self.service}:{self.tenant}"


@dataclass(frozen=True, slots=True)
class Session:
    """What a provider may use of the run. `folder` is the stack's data folder, `base` the stackfile's own."""

    folder: FilePath
    base: FilePath
    clock: Clock
    instance: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    """For simulators and tests: `transport` (an httpx transport) where a provider speaks HTTP."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an object does its work, and if not, the service's own words for why."""

    wait: Wait = Wait.READY
    says: str = ""


class Kind(Generic[B]):
    """One kind of object of a service, and its verbs.

    `section` is where a stackfile declares it; `name` is what `type:` selects under `resources:`.
    A kind whose fields depend on `connector:` gives one model a connector in `variants`; `model` is then what they
    share. Where the service may have more connectors than the provider knows of, `others` is the model of those: they
    are taken with a warning.
    """

    section: ClassVar[str]
    name: ClassVar[str]
    model: ClassVar[type[Body]]
    variants: ClassVar[Mapping[str, type[Body]]] = {}
    others: ClassVar[type[Body] | None] = None
    traits: ClassVar[KindTraits] = KindTraits()

    async def list_all(self) -> Sequence[Live]:
        """Every object of this kind, whoever made it, in as few calls as the service allows."""
        raise NotImplementedError

    async def read(self, id: str) -> Live | None:
        """One object; None when it is gone."""
        raise NotImplementedError

    async def look(self, id: str) -> Live | None:
        """One object that is waited for, as it was at most `LOOKS_BACK` seconds ago; None when it is gone. Many of a
        kind may be waited for at a time."""
        return await self.read(id)

    async def create(self, desired: B, step: Step) -> Live:
        """Makes the object and returns it as the service has it then. Never adopts: a twin raises `Conflict`."""
        raise NotImplementedError

    async def update(self, change: Update[B], step: Step) -> Live:
        """Makes the live object what `change` says and returns it as it is then."""
        raise NotImplementedError

    async def delete(self, live: Live, step: Step) -> None:
        """Deletes the object. One that is gone already is a success."""
        raise NotImplementedError

    @classmethod
    def health(cls, live: Live) -> Health:
        """Whether the object does its work: what apply waits for after a create or an update."""
        return Health()

    @classmethod
    def in_full(cls, listed: Live) -> bool:
        """Whether a list shows this object as a read would. Asked only where `traits.reads` is OUTLINES: one service's
        lists may leave out what another's have. Pure."""
        return False

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        """The id that the object will have, from its plain body. Only where `traits.stable_id`. Pure."""
        raise NotImplementedError

    @classmethod
    def between(cls, live: Mapping[str, Any]) -> str:
        """What is so of the data once this object is deleted for the one that replaces it, and as long as that one does
        not do its work: "No changes of its tables are captured", which a moment follows. Empty: nothing. Pure."""
        return ""

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        """An impact that depends on the live object, such as the number of events that go. None: as declared.

        `verb` is update, replace or delete; `changed` maps paths to (before, after). Pure: planning calls it.
        """
        return None


class Provider(Generic[S]):
    """One service. Made by `connect` from validated settings; `kinds` are bound to that connection."""

    name: ClassVar[str]
    settings: ClassVar[type[Settings]]
    kind_types: ClassVar[Sequence[type[Kind[Any]]]]
    request_timeout: float = 30.0
    """Seconds after which no request of a process that died can still take effect."""

    kinds: Sequence[Kind[Any]]

    @classmethod
    async def connect(cls, settings: S, session: Session) -> Provider[S]:
        """Makes a connection, without a call to the service where that can wait. Raises ProviderError."""
        raise NotImplementedError

    async def scope(self) -> Scope | None:
        """What this instance is connected to; None where the first change is what makes it (an embedded engine).
        Raises Unreachable where the service does not answer."""
        raise NotImplementedError

    async def cause_of_loss(self) -> str | None:
        """Why many objects may be gone at once, as "the engine restarted 12 minutes ago" where it keeps them in memory.
        Asked only when many are; None where nothing explains it, and then a person has to allow what follows."""
        return None

    async def close(self) -> None:
        """Gives back what `connect` took. Called once, also after a failure."""

    @property
    def requests(self) -> int:
        """Requests sent to the service so far."""
        return 0
