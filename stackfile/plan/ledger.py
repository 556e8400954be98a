"""What became of an apply, as values: the engine fills a Ledger in, reports print it, `--json` writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stackfile.address import Address
from stackfile.errors import Ambiguous, ProviderError, Rejected, Span, Unreachable
from stackfile.plan.plan import Action, Verb


class Outcome(StrEnum):
    """How one change ended."""

    DONE = "done"
    FAILED = "failed"
    """Nothing of it happened, or nothing is known to have happened."""
    HALF_DONE = "half_done"
    """Some of it happened: one half of a replace, a create whose object is not well."""
    SKIPPED = "skipped"
    """Never started: something that it needs failed, or the run was to stop."""
    INTERRUPTED = "interrupted"
    """Started, and the run ended before it did."""


class Fault(StrEnum):
    """What kind of no it was."""

    REFUSED = "refused"
    """The service answered and said no; nothing happened."""
    UNREACHABLE = "unreachable"
    """Nothing was sent."""
    AMBIGUOUS = "ambiguous"
    """Sent, and no answer came: it may have happened."""
    NOT_READY = "not_ready"
    """It happened, and the object does not do its work."""
    REPORTED = "reported"
    """Our own: an inconsistent plan, a lost lease, a fault of the provider's code."""


@dataclass(frozen=True, slots=True)
class RefusedField:
    """One field that a service refused, and where the stackfile sets it; `source` is the text there."""

    path: str
    message: str
    span: Span | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a change failed. `message` is one line without secrets; `service` is the provider instance's name.

    `short` is a word or two for the title: "not running". HTTP particulars are empty or None where there are none.
    """

    fault: Fault
    service: str
    message: str
    short: str = ""
    method: str = ""
    path: str = ""
    status: int | None = None
    request_id: str | None = None
    fields: tuple[RefusedField, ...] = ()

    @classmethod
    def of(cls, service: str, error: ProviderError, fields: tuple[RefusedField, ...] | None = None) -> Failure:
        """From a provider's error; `fields` stand for the error's own where their places were found."""
        if fields is None:
            fields = tuple(RefusedField(refusal.path, refusal.message) for refusal in error.fields)
        return cls(
            fault=_fault(error),
            service=service,
            message=error.message,
            method=error.method,
            path=error.path,
            status=error.status,
            request_id=error.request_id,
            fields=fields,
        )


def _fault(error: ProviderError) -> Fault:
    if isinstance(error, Rejected):
        return Fault.REFUSED
    if isinstance(error, Unreachable):
        return Fault.UNREACHABLE
    return Fault.AMBIGUOUS if isinstance(error, Ambiguous) else Fault.REPORTED


@dataclass(frozen=True, slots=True)
class StageResult:
    """One stage that was started. `verb` is create, update, delete or forget; `done` whether it came to its end."""

    verb: str
    done: bool
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change.

    `old_id` and `new_id` are remote ids, as far as they are known. `waits_for` names what a skipped change needed and
    did not get, `because` another reason why it never started ("the run was interrupted"). `says` are sentences about
    the data as it is now; `urgent` completes "ADDRESS ..." where somebody should hurry: "captures nothing".
    """

    address: Address
    action: Action
    outcome: Outcome
    stages: tuple[StageResult, ...] = ()
    old_id: str | None = None
    new_id: str | None = None
    failure: Failure | None = None
    waits_for: tuple[Address, ...] = ()
    because: str = ""
    says: tuple[str, ...] = ()
    urgent: str = ""
    create_first: bool = False
    """Of a replace: the new object is made before the old one is deleted."""
    imported: bool = False
    """Whether the object was there already, and is ours since."""

    def finished(self, verb: str) -> bool:
        """Whether the stage with this verb came to its end."""
        return any(stage.verb == verb and stage.done for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A whole apply. `results` are in the plan's order, one for each change; `serial` is that of the saved state.

    `again` is the command that makes the open changes anew; `options` are those that every command for this stack
    takes, as they are typed.
    """

    run: str
    results: tuple[Result, ...]
    seconds: float
    serial: int
    env: str = ""
    destroy: bool = False
    interrupted: bool = False
    again: str = "stack apply"
    options: str = ""
    saved: bool = True
    """False when the state could not be written at the end: its journal holds what happened."""
    renewed: int | None = None
    """How many objects a refresh found changed; None for an apply."""

    def count(self, *outcomes: Outcome) -> int:
        return sum(result.outcome in outcomes for result in self.results)

    @property
    def complete(self) -> bool:
        """Whether every change was made."""
        return not self.interrupted and all(result.outcome is Outcome.DONE for result in self.results)

    @property
    def open(self) -> int:
        """Changes that are still to be made."""
        return len(self.results) - self.count(Outcome.DONE)

    def totals(self) -> tuple[int, int, int]:
        """Objects added, changed and destroyed, counted as Terraform does: a replace adds one and destroys one."""
        stages = [stage.verb for result in self.results for stage in result.stages if stage.done]
        return stages.count("create"), stages.count("update"), stages.count("delete") + stages.count(Verb.DEPOSED)


@dataclass(frozen=True, slots=True)
class KilledRun:
    """The run whose open intents an apply found. `ago` is how many seconds before now its heart last beat."""

    run: str
    host: str
    heartbeat_at: datetime
    ago: float
