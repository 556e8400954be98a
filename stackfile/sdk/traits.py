"""What a type cannot say of a field or a kind, declared: traits ride on `Annotated`, beside pydantic's own constraints.

A kind's model reads like this:

    class Stream(Body):
        name: Annotated[str, Trait.IDENTITY, Trait.IMMUTABLE]
        partitions: Annotated[int, Changes(removed=Effect(Impact.DATA_LOSS, "...", replaces=True))] = 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, Flag, IntEnum, StrEnum, auto
from typing import Any


class Trait(Flag):
    """Traits of a field that take no argument."""

    NONE = 0
    COMPUTED = auto()
    """The service decides: a stackfile may not set it; never sent, never compared."""
    IMMUTABLE = auto()
    """No update in the API: a change replaces the object."""
    SENSITIVE = auto()
    """Masked in every print and sealed at rest."""
    WRITE_ONLY = auto()
    """The service never returns it: compared by keyed digest with what was sent last. Implies SENSITIVE."""
    IDENTITY = auto()
    """Part of the natural key, by which a twin is found."""
    UNREAD = auto()
    """The service may leave it out of what it returns, or the secrets in it; then it counts as the state has it.
    Top-level fields only."""
    UNIQUE = auto()
    """A slot, port or path: two objects that hold it cannot live side by side."""
    UNORDERED = auto()
    """A list whose order the service does not keep."""
    WHOLE = auto()
    """The subtree is owned exactly: what the file does not say must not be there."""
    VOLATILE = auto()
    """Uptime and the like: never compared, never fingerprinted."""
    LOCAL = auto()
    """Known to the state alone; a change sends nothing."""
    PINS = auto()
    """The target of this reference cannot be deleted while the reference stands."""


class OnRemove(Enum):
    """How a field that the file no longer sets is unset at the service."""

    OMIT = "omit"
    """Left out of the request; the service forgets it."""
    NULL = "null"
    DEFAULT = "default"
    """The model's default is sent."""
    REPLACE = "replace"
    """It cannot be unset: the object is replaced."""
    KEEP = "keep"
    """The service keeps the last value; nothing is sent."""


class Impact(IntEnum):
    """What a change does to the data, from harmless to worst."""

    NONE = 0
    RESTART = 1
    """An interruption; nothing is lost."""
    REPROCESS = 2
    """Read again: a new snapshot, offsets reset, results computed again."""
    DATA_LOSS = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Effect:
    """An impact and the sentence, in the provider's words, that explains it to the user.

    `replaces`, for an effect in `Changes`: there is no update for a change in this direction, it replaces the object.
    """

    impact: Impact = Impact.NONE
    says: str = ""
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """Impact of a change of a field, by direction.

    `added` and `removed` are for items of a list and keys of a map, and for numbers that grow or shrink; where they are
    None, `any` counts. `says` may hold `{items}`, `{before}` and `{after}`.
    """

    any: Effect = field(default_factory=Effect)
    added: Effect | None = None
    removed: Effect | None = None


class Flow(Enum):
    """Which way events go between a resource and what a field of it refers to."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Brought:
    """The field is not the stackfile's to set: it is what the resource that `field` refers to has under `name`. A
    change there is a change here."""

    field: str
    name: str


@dataclass(frozen=True, slots=True)
class SecretsIn:
    """Where in a value of opaque JSON the secrets are: paths within it. A path to a map or list hides all of that."""

    find: Callable[[Any], Iterable[tuple[str | int, ...]]]


@dataclass(frozen=True, slots=True)
class Reference:
    """The field holds another resource. `kinds` are the sections, and under `resources:` the types, that it takes.

    `flow` is set where events go along it all the time: then they must not come back to where they were.
    """

    kinds: tuple[str, ...]
    flow: Flow | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """The field holds names of objects of these `kinds`, whoever manages them. What the stack manages comes first.

    `find` is for a value of opaque JSON: the names in it, each with its kind. It sees values before they are evaluated.
    """

    kinds: tuple[str, ...]
    find: Callable[[Any], Iterable[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Keyed:
    """A list of maps whose elements are told apart by this field, whatever their order."""

    field: str


@dataclass(frozen=True, slots=True)
class ListText:
    """The service wants the items joined by `separator`; a stackfile may write a list."""

    separator: str = ","


@dataclass(frozen=True, slots=True)
class FromEnv:
    """Of a provider's setting: where the stackfile does not write it, this variable of the environment counts."""

    variable: str


@dataclass(frozen=True, slots=True)
class Satisfies:
    """Live values that satisfy a desired one without being equal to it: `{"running": ("finished",)}`."""

    by: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """Where the file says nothing, a new object gets `value` once, and the field is nobody's from then on. Live values
    in `before` are those of an object that did not get it yet, because whoever made it was stopped."""

    value: str
    before: tuple[str, ...]


class Wait(StrEnum):
    """What a kind says of a live object's health."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"


class Reads(Enum):
    """What can be seen of the objects of a kind."""

    EACH = "each"
    LIST = "list"
    """There is no read of one object: the list, which may lag by `settle`, is all there is."""
    OUTLINES = "outlines"
    """The list tells what there is and not what it is like: what matters of it is read one by one, but for what
    `Kind.in_full` says is shown whole."""
    NONE = "none"
    """The service has them and tells nothing of them: `read` and `list_all` are not asked. They are taken to be there
    as long as something else of the instance is, and what was not answered is sent again."""
    STATE = "state"
    """There is nothing of them at the service: others are made of what they say, and the state is where they are."""

    @property
    def seen(self) -> bool:
        return self in (Reads.EACH, Reads.LIST, Reads.OUTLINES)


@dataclass(frozen=True, slots=True)
class KindTraits:
    """What the engine must know of a kind. Times are seconds."""

    stable_id: bool = False
    """The id is a function of the IDENTITY fields, so it is known before the object is."""
    can_list: bool = True
    can_update: bool = True
    reads: Reads = Reads.EACH
    shown_once: tuple[str, ...] = ()
    """Secrets that the service makes and shows in the answer to a create alone; the model is a `Delivered`."""
    checks_alone: bool = False
    """What `ChecksAhead.check` asks of an object does not depend on others: it need not wait until those are there."""
    update_gap: str = ""
    """Of a service that makes an object anew for an update: what it means that a run which was killed left none."""
    settle: float = 30.0
    """How long a listing may lag behind a change."""
    users_told: str = ""
    """A sentence with `{users}`, said where an object changes or goes that others in the stack use: for parts that
    others are made with. What is used by way of another such part, or of what is `Reads.STATE`, counts. Empty: nothing
    is said."""
    create: Effect = field(default_factory=Effect)
    replace: Effect = field(default_factory=Effect)
    delete: Effect = field(default_factory=Effect)
