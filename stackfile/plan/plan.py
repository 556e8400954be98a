"""The plan as data: what would happen, why, and what it does to the data. It can be printed, saved and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import TypeAlias

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.language.stackfile import Timeouts
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold
from stackfile.state.format import Origin as AppliedBy
from stackfile.values import Path, Tree, Value


class Action(Enum):
    """What happens to a resource; the value is its sign."""

    CREATE = "+"
    UPDATE = "~"
    REPLACE = "-/+"
    DELETE = "-"
    FORGET = "#"
    READ = "<="
    NO_OP = ""


class Origin(StrEnum):
    """Which side moved since the last apply."""

    CONFIG = "config"
    DRIFT = "drift"
    BOTH = "both"


class Reason(StrEnum):
    """Why an action was chosen, where it is not simply that the stackfile says so."""

    NONE = ""
    NOT_IN_FILE = "delete_because_no_resource_config"
    DISABLED = "delete_because_enabled_false"
    EACH_KEY = "delete_because_each_key"
    NO_MODULE = "delete_because_no_module"
    DESTROY = "delete_by_request"
    CANNOT_UPDATE = "replace_because_cannot_update"
    TRIGGERED = "replace_by_triggers"
    LOST = "create_because_lost"
    GONE = "forget_because_lost"
    REPLACE_REQUEST = "replace_by_request"
    RESEND = "update_by_request"


UNSET: Mapping[str, Value] = {"$unset": True}
"""Stands in a `FieldChange` for a side that has no value. Compared by identity: `change.before is UNSET`."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `before` is live, `after` is desired; either may be `UNSET`.

    `applied` is what the last apply set, for the sentence that says what drifted. Secrets are `Sensitive` on all
    sides; a digest stands for one that is not known any more.
    """

    path: Path
    before: Value
    after: Value
    origin: Origin = Origin.CONFIG
    applied: Value = None
    forces_replacement: bool = False
    because: str = ""
    """Why it forces a replacement: "no update in the API", "sources.x is replaced"."""
    again: bool = False
    """Nothing differs: it is sent once more because somebody asked for that."""


@dataclass(frozen=True, slots=True)
class Importing:
    """An object that is there already and becomes ours with the apply, before it is changed.

    `name` and `scope` are the object's. `applied` is what its record says: live values at the paths that the file sets.
    `unverified` are those that nobody can read back, secrets above all: the file's are assumed.
    """

    id: str
    name: str
    scope: str = ""
    applied: Tree = field(default_factory=dict)
    unverified: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource.

    `desired` is the resolved body in normal form, with `Unknown` where only apply can tell; None for a delete. `live`
    is the object as it was read, in normal form; None where there is none. `impact_says` are sentences. `depends_on`
    are the desired dependencies, or for a delete the recorded ones. `applied` is what the state will hold once it is
    done, so far as that is known at plan.
    """

    address: Address
    action: Action
    provider: str
    service: str
    section: str
    kind: str
    name: str
    scope: str = ""
    id: str | None = None
    reason: Reason = Reason.NONE
    reason_says: str = ""
    fields: tuple[FieldChange, ...] = ()
    unchanged: int = 0
    """How many set fields do not change."""
    unread: tuple[str, ...] = ()
    """The fields that the service did not return, so that they were compared with the state alone."""
    desired: Tree | None = None
    live: Tree | None = None
    applied: Tree = field(default_factory=dict)
    impact: Impact = Impact.NONE
    impact_says: tuple[str, ...] = ()
    depends_on: tuple[Address, ...] = ()
    prevent_destroy: bool = False
    ignored: tuple[Path, ...] = ()
    """The fields of an update that keep their live value, whatever the file says."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    previous_address: Address | None = None
    """Where the state still has it."""
    importing: Importing | None = None

    create_first: bool = False
    """Of a replace: the new object is made first, and the old one deposed until it is deleted."""
    deposed: tuple[str, ...] = ()
    """The ids of objects that earlier replacements left behind; they are deleted too."""

    @property
    def sign(self) -> str:
        if self.create_first:
            return "+/-"
        return self.action.value or (Action.DELETE.value if self.deposed else "")

    @property
    def replaces(self) -> bool:
        return self.action is Action.REPLACE

    @property
    def deletes(self) -> bool:
        """Whether a live object goes, for good or to be made anew."""
        return self.action in (Action.DELETE, Action.REPLACE)


class Verb(StrEnum):
    """What one stage of the walk does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    FORGET = "forget"
    DEPOSED = "delete deposed"
    """Deletes what an earlier replacement left behind."""


Stage: TypeAlias = tuple[Address, Verb]
"""One node of the walk. A replace has two: its delete and its create, or its create and its delete."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a record becomes without any call: file and live object agree already, only the record lags."""

    applied: Tree
    dependencies: tuple[Address, ...]
    prevent_destroy: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """What the state comes to know of an object that is there: its copy, and where that differs from the one before."""

    provider: str
    kind: str
    section: str
    name: str
    id: str
    copy: Tree
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedUp:
    """An object that the stackfile refers to and does not manage, as it was found."""

    address: Address
    provider: str
    service: str
    kind: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class OutputChange:
    """An output before and after; `before` is None where it was not there."""

    name: str
    before: Value
    after: Value
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """What refresh did: objects by provider instance, calls, and wall time in seconds.

    Where it was not `asked` for, the state's copies stand in for live objects; `copies` are the times of the oldest and
    the newest, None where there are none.
    """

    objects: tuple[tuple[str, int], ...] = ()
    calls: int = 0
    seconds: float = 0.0
    asked: bool = True
    copies: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A provider instance that was left out: it did not answer, or it was excluded."""

    provider: str
    says: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Many objects of one kind that are gone at once. `cause` is what the provider says of it; empty: nothing."""

    provider: str
    section: str
    kind: str
    number: int
    total: int
    cause: str = ""

    @property
    def says(self) -> str:
        """`12 of 15 streams of connect_eu are gone at once`."""
        objects = f"{self.kind} objects" if self.section == "resources" else self.section
        return f"{self.number:,} of {self.total:,} {objects} of {self.provider} are gone at once"


@dataclass(frozen=True, slots=True)
class PendingIntent:
    """An intent without a result that the next apply will judge; `in_flight` while its holder lives."""

    address: Address
    verb: str
    says: str
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that apply needs except secret values.

    `changes` are those with an action, and those that only move or are imported (no-op), in address order of the file's
    sections; `stages` maps each stage of the walk
    to the stages that it waits for.
    """

    stack: str
    env: str
    lineage: str
    serial: int
    changes: tuple[Change, ...] = ()
    stages: Mapping[Stage, tuple[Stage, ...]] = field(default_factory=dict)
    settled: Mapping[Address, Settled] = field(default_factory=dict)
    moves: Mapping[Address, Address] = field(default_factory=dict)
    """What the state has under another address: from there to where it is now."""
    unchanged: int = 0
    outputs: tuple[OutputChange, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    pending: tuple[PendingIntent, ...] = ()
    unmanaged: Mapping[str, int] = field(default_factory=dict)
    """How many live objects of each provider instance are in no record."""
    missing: tuple[Missing, ...] = ()
    """Kinds of which so much is gone that somebody has to say that it is meant, or a provider why it is."""
    diagnostics: tuple[Diagnostic, ...] = ()
    complete: bool = True
    """False when a selection or a skipped provider left something out."""
    read: ReadSummary = field(default_factory=ReadSummary)
    applied_by: AppliedBy = field(default_factory=AppliedBy)
    backend: str = "local"
    made_at: datetime | None = None
    destroy: bool = False
    uncompared: tuple[str, ...] = ()
    """Secret variables that had no value: what they are in counts as unchanged, and the plan is for reading only."""
    refresh_only: bool = False
    """Nothing live is changed: the state takes what is live into its copies, and forgets what is lost."""
    learned: Mapping[Address, Learned] = field(default_factory=dict)
    looked_up: tuple[LookedUp, ...] = ()
    """The new copies of a plan that only refreshes, also those that tell nothing new."""
    holds: Mapping[Address, Hold] = field(default_factory=dict)
    """Run states that stay as they are, whatever the file says."""
    lapsed: Mapping[Address, Hold] = field(default_factory=dict)
    """Holds whose time has passed: they count no more, and apply drops them."""

    @property
    def impact(self) -> Impact:
        """The worst impact of all changes."""
        return max((change.impact for change in self.changes), default=Impact.NONE)

    @property
    def empty(self) -> bool:
        """Whether nothing would happen: no change, no move, no output that differs, and nothing new to learn."""
        news = self.moves or any(one.fields for one in self.learned.values())
        return not self.changes and not news and not any(o.before != o.after for o in self.outputs)

    @property
    def imports(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.importing is not None)

    def count(self, action: Action) -> int:
        """How many changes are of this action; deposed objects that go count among the deletes."""
        changes = sum(change.action is action for change in self.changes)
        return changes + (sum(len(one.deposed) for one in self.changes) if action is Action.DELETE else 0)
