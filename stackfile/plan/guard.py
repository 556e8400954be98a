"""What a plan may not do without being told to: each refusal names the flag to add."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity
from stackfile.plan.plan import Action, Change, Missing, Origin, Plan, Reason
from stackfile.plan.select import matcher
from stackfile.sdk.traits import Impact
from stackfile.values import print_path

_COLUMNS = 98
"""What a diagnostic's help may be wide."""

FEW_DELETES = 10
"""Up to this many deletes, or half of the stack, need no permission."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the user said yes to. `data_loss` and `replace` hold addresses or globs, `missing` provider instances;
    `max_deletes`, where it is said, is the limit, be it lower or higher than the usual one."""

    data_loss: tuple[str, ...] = ()
    max_deletes: int | None = None
    replace: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def over(self, other: Allowances) -> Allowances:
        """Both together; where there is one limit only, this one counts."""
        deletes = other.max_deletes if self.max_deletes is None else self.max_deletes
        losses, replaces = (*other.data_loss, *self.data_loss), (*other.replace, *self.replace)
        return Allowances(losses, deletes, replaces, (*other.missing, *self.missing))

    def allows_loss(self, address: Address) -> bool:
        return any(matcher(pattern)(address) for pattern in self.data_loss)

    def allows_replace(self, address: Address) -> bool:
        return any(matcher(pattern)(address) for pattern in self.replace)


def refusals(plan: Plan, allowed: Allowances) -> tuple[Diagnostic, ...]:
    """Every guard that the plan runs into, in a stable order. Empty: it may be applied."""
    return (
        *_protected(plan.changes),
        *_losing(plan.changes, allowed),
        *_drifted(plan.changes, allowed),
        *_many(plan, allowed),
        *_missing(plan, allowed),
    )


def answers(plan: Plan, allowed: Allowances) -> tuple[str, ...]:
    """The options that answer every guard of this plan that an option can answer and that is not answered yet, each as
    one text for a shell."""
    losing = [c for c in plan.changes if c.impact is Impact.DATA_LOSS and not allowed.allows_loss(c.address)]
    drifted = [c for c in plan.changes if replaced_by_drift(c) and not allowed.allows_replace(c.address)]
    found = [_allow_loss(one) for one in losing] + [_replace(one) for one in drifted]
    if any(_many(plan, allowed)):
        found.append(f"--max-deletes {_deletes(plan)}")
    gone = dict.fromkeys(one.provider for one in unexplained(plan) if one.provider not in allowed.missing)
    found += map(_allow_missing, gone)
    return tuple(found)


def unexplained(plan: Plan) -> tuple[Missing, ...]:
    """Of what is gone in a mass, that for which nobody has a reason and which this plan makes anew, or forgets."""
    gone = {(c.provider, c.section, c.kind) for c in plan.changes if _is_gone(c)}
    return tuple(o for o in plan.missing if not o.cause and (o.provider, o.section, o.kind) in gone)


def told_missing(plan: Plan) -> tuple[Diagnostic, ...]:
    """A warning of each kind of which much is gone and nobody knows why; and one line for a provider that knows why,
    whatever the number of its kinds."""
    causes = dict.fromkeys((one.provider, one.cause) for one in plan.missing if one.cause)
    return (
        *(Diagnostic("mass-missing", _with_cause(plan, *one), Severity.WARNING) for one in causes),
        *(
            Diagnostic("mass-missing", one.says, Severity.WARNING, help=("Nothing says why; apply refuses.",))
            for one in unexplained(plan)
        ),
    )


def _with_cause(plan: Plan, provider: str, cause: str) -> str:
    """`eu: the engine restarted 12 minutes ago: 14 streams and 1 cache to create again`."""
    again = Counter(
        change.kind for change in plan.changes if change.provider == provider and change.reason is Reason.LOST
    )
    if not again:
        says = "; ".join(one.says for one in plan.missing if (one.provider, one.cause) == (provider, cause))
        return f"{provider}: {cause}: {says}"
    counts = [f"{count:,} {kind.replace('_', ' ')}{_plural(kind, count)}" for kind, count in again.items()]
    told = " and ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    return f"{provider}: {cause}: {told} to create again"


def _plural(kind: str, count: int) -> str:
    return "" if count == 1 else "es" if kind.endswith(("s", "x", "ch")) else "s"


def _is_gone(change: Change) -> bool:
    if change.reason in (Reason.LOST, Reason.GONE):
        return True
    return change.action is Action.FORGET and change.live is None


def replaced_by_drift(change: Change) -> bool:
    """Whether somebody outside the stackfile is the only cause of a replacement, which nobody asked for."""
    if change.reason is not Reason.CANNOT_UPDATE:
        return False
    origins = {one.origin for one in change.fields if one.forces_replacement}
    return origins == {Origin.DRIFT}


def _protected(changes: Iterable[Change]) -> Iterable[Diagnostic]:
    for change in changes:
        if change.prevent_destroy and change.deletes:
            verb = "replace" if change.replaces else "delete"
            yield Diagnostic(
                "prevent-destroy",
                f"the plan would {verb} it, and its lifecycle has prevent_destroy: true",
                address=str(change.address),
                help=(
                    "If it must go, set prevent_destroy: false, apply that, and plan again;",
                    f"to plan without it: --exclude {shlex.quote(str(change.address))}",
                ),
            )


def _losing(changes: Iterable[Change], allowed: Allowances) -> Iterable[Diagnostic]:
    losing = [c for c in changes if c.impact is Impact.DATA_LOSS and not allowed.allows_loss(c.address)]
    if losing:
        places = "1 place" if len(losing) == 1 else f"{len(losing)} places"
        width = max(len(str(c.address)) for c in losing)
        rows = [
            _row(str(c.address).ljust(width), f"{c.action.name.lower()}: {_first(c.impact_says)}".rstrip(": "))
            for c in losing
        ]
        flags = " ".join(map(_allow_loss, losing))
        which = "this one" if len(losing) == 1 else "them"
        yield Diagnostic(
            "data-loss-not-allowed",
            f"the plan loses data in {places}; nothing was applied",
            help=(*rows, f"Allow {which}: {flags}"),
        )


def _drifted(changes: Iterable[Change], allowed: Allowances) -> Iterable[Diagnostic]:
    drifted = [c for c in changes if replaced_by_drift(c) and not allowed.allows_replace(c.address)]
    if drifted:
        number = "1 resource" if len(drifted) == 1 else f"{len(drifted)} resources"
        width = max(len(str(c.address)) for c in drifted)
        rows = [f"{str(c.address).ljust(width)}   {_forcing(c)}" for c in drifted]
        it, live = ("it", "what is live") if len(drifted) == 1 else ("them", "what is live of each")
        flags = " ".join(map(_replace, drifted))
        yield Diagnostic(
            "drift-replaces",
            f"the plan replaces {number} only because of changes outside the stackfile; nothing was applied",
            help=(*rows, f"To keep {live}, write it into the stackfile. To replace {it}: {flags}"),
        )


def _missing(plan: Plan, allowed: Allowances) -> Iterable[Diagnostic]:
    for one in unexplained(plan):
        if one.provider not in allowed.missing:
            follows = "forgotten" if plan.refresh_only else "made anew"
            yield Diagnostic(
                "mass-missing",
                f"{one.says}; nothing was applied",
                help=(
                    "No listing has them, nor were they found one by one, and nothing says why.",
                    f"Look first whether `{one.provider}` is connected to the right place, before all is {follows}.",
                    f"If they are gone: {_allow_missing(one.provider)}",
                ),
            )


def _allow_missing(provider: str) -> str:
    return f"--allow {shlex.quote(f'mass_missing={provider}')}"


def _forcing(change: Change) -> str:
    fields = [one for one in change.fields if one.forces_replacement]
    return "; ".join(f"{print_path(one.path)}: {one.because or 'forces replacement'}" for one in fields)


def _allow_loss(change: Change) -> str:
    return f"--allow {shlex.quote(f'data_loss={change.address}')}"


def _replace(change: Change) -> str:
    return f"--replace {shlex.quote(str(change.address))}"


def _row(start: str, says: str) -> str:
    """Lines with what is said in a column of its own; a word that is wider than that stands alone."""
    gap = " " * (len(start) + 3)
    lines = textwrap.wrap(says, max(_COLUMNS - len(gap), 40), break_long_words=False, break_on_hyphens=False)
    return f"\n{gap}".join([f"{start}   {lines[0]}", *lines[1:]])


def _first(sentences: tuple[str, ...]) -> str:
    return sentences[0] if sentences else ""


def _many(plan: Plan, allowed: Allowances) -> Iterable[Diagnostic]:
    deletes = _deletes(plan)
    total = plan.unchanged + len(plan.changes) - plan.count(Action.CREATE)
    if allowed.max_deletes is not None:
        fine = deletes <= allowed.max_deletes
    else:
        fine = plan.destroy or deletes <= FEW_DELETES or deletes * 2 <= total
    if fine:
        return
    yield Diagnostic(
        "many-deletes",
        f"the plan deletes {deletes} of {total} resources; nothing was applied",
        help=(f"If that is meant: --max-deletes {deletes}",),
    )


def _deletes(plan: Plan) -> int:
    return plan.count(Action.DELETE) + plan.count(Action.REPLACE)
