"""The tables by which a plan becomes JSON and comes back: a line for each field of everything that a plan is made of.

A new field of one of these classes needs its line here: `table` refuses to be made without it.
"""

from __future__ import annotations

from typing import Any, Final

from stackfile.address import Address
from stackfile.errors import Diagnostic, Severity, Span
from stackfile.language.moved import Import
from stackfile.language.stackfile import Timeouts
from stackfile.plan.guard import Allowances
from stackfile.plan.plan import (
    Action,
    Change,
    FieldChange,
    Importing,
    Learned,
    LookedUp,
    Missing,
    Origin,
    OutputChange,
    PendingIntent,
    Plan,
    ReadSummary,
    Reason,
    Settled,
    Skipped,
    Stage,
    Verb,
)
from stackfile.plan.question import Question
from stackfile.plan.saved import Check, SavedPlan
from stackfile.plan.select import Selection
from stackfile.plan.table import (
    ADDRESS,
    MOMENT,
    PATH,
    PLAIN,
    VALUE,
    Form,
    mapping,
    named,
    optional,
    several,
    table,
)
from stackfile.plan.wishes import Wishes
from stackfile.sdk.traits import Impact
from stackfile.state.format import Hold
from stackfile.state.format import Origin as AppliedBy

SPAN: Final = table(Span, dict.fromkeys(("file", "line", "column", "end_line", "end_column"), PLAIN))
DIAGNOSTIC: Final = table(
    Diagnostic,
    {
        "code": PLAIN,
        "message": PLAIN,
        "severity": named(Severity),
        "span": optional(SPAN),
        "source": PLAIN,
        "label": PLAIN,
        "address": PLAIN,
        "help": several(PLAIN),
    },
)
FIELD: Final = table(
    FieldChange,
    {
        "path": PATH,
        "before": VALUE,
        "after": VALUE,
        "origin": named(Origin),
        "applied": VALUE,
        "forces_replacement": PLAIN,
        "because": PLAIN,
        "again": PLAIN,
    },
)
IMPORTING: Final = table(
    Importing, {"id": PLAIN, "name": PLAIN, "scope": PLAIN, "applied": VALUE, "unverified": several(PATH)}
)
TIMEOUTS: Final = table(Timeouts, dict.fromkeys(("create", "update", "delete"), PLAIN))
CHANGE: Final = table(
    Change,
    {
        "address": ADDRESS,
        "action": named(Action),
        "provider": PLAIN,
        "service": PLAIN,
        "section": PLAIN,
        "kind": PLAIN,
        "name": PLAIN,
        "scope": PLAIN,
        "id": PLAIN,
        "reason": named(Reason),
        "reason_says": PLAIN,
        "fields": several(FIELD),
        "unchanged": PLAIN,
        "unread": several(PLAIN),
        "desired": VALUE,
        "live": VALUE,
        "applied": VALUE,
        "impact": named(Impact),
        "impact_says": several(PLAIN),
        "depends_on": several(ADDRESS),
        "prevent_destroy": PLAIN,
        "ignored": several(PATH),
        "timeouts": TIMEOUTS,
        "create_first": PLAIN,
        "deposed": several(PLAIN),
        "previous_address": optional(ADDRESS),
        "importing": optional(IMPORTING),
    },
)


def _stage(data: Any) -> Stage:
    address, verb = data
    return Address.parse(address), Verb(verb)


STAGE: Final[Form[Stage]] = Form(lambda stage: [str(stage[0]), stage[1].value], _stage)
SETTLED: Final = table(Settled, {"applied": VALUE, "dependencies": several(ADDRESS), "prevent_destroy": PLAIN})
OUTPUT: Final = table(OutputChange, {"name": PLAIN, "before": VALUE, "after": VALUE, "sensitive": PLAIN})
SKIPPED: Final = table(Skipped, {"provider": PLAIN, "says": PLAIN, "addresses": several(ADDRESS)})
PENDING: Final = table(PendingIntent, {"address": ADDRESS, "verb": PLAIN, "says": PLAIN, "in_flight": PLAIN})
READ: Final = table(
    ReadSummary,
    {
        "objects": several(several(PLAIN)),
        "calls": PLAIN,
        "seconds": PLAIN,
        "asked": PLAIN,
        "copies": optional(several(MOMENT)),
    },
)
HOLD: Final = table(Hold, {"status": PLAIN, "reason": PLAIN, "by": PLAIN, "until": optional(MOMENT)})
MISSING: Final = table(Missing, dict.fromkeys(("provider", "section", "kind", "number", "total", "cause"), PLAIN))
LEARNED: Final = table(
    Learned,
    {**dict.fromkeys(("provider", "kind", "section", "name", "id"), PLAIN), "copy": VALUE, "fields": several(FIELD)},
)
APPLIED_BY: Final = table(
    AppliedBy,
    {**dict.fromkeys(("by", "commit", "dirty", "branch", "run_url"), PLAIN), "at": optional(MOMENT)},
)
LOOKED_UP: Final = table(
    LookedUp, {"address": ADDRESS, **dict.fromkeys(("provider", "service", "kind", "name", "id"), PLAIN)}
)
PLAN: Final = table(
    Plan,
    {
        "stack": PLAIN,
        "env": PLAIN,
        "lineage": PLAIN,
        "serial": PLAIN,
        "changes": several(CHANGE),
        "stages": mapping(STAGE, several(STAGE)),
        "settled": mapping(ADDRESS, SETTLED),
        "moves": mapping(ADDRESS, ADDRESS),
        "unchanged": PLAIN,
        "outputs": several(OUTPUT),
        "skipped": several(SKIPPED),
        "pending": several(PENDING),
        "unmanaged": mapping(PLAIN, PLAIN),
        "missing": several(MISSING),
        "holds": mapping(ADDRESS, HOLD),
        "lapsed": mapping(ADDRESS, HOLD),
        "diagnostics": several(DIAGNOSTIC),
        "complete": PLAIN,
        "read": READ,
        "applied_by": APPLIED_BY,
        "backend": PLAIN,
        "made_at": optional(MOMENT),
        "destroy": PLAIN,
        "uncompared": several(PLAIN),
        "refresh_only": PLAIN,
        "learned": mapping(ADDRESS, LEARNED),
        "looked_up": several(LOOKED_UP),
    },
)
SELECTION: Final = table(Selection, {"target": several(PLAIN), "exclude": several(PLAIN)})
WISHES: Final = table(Wishes, {"replace": several(PLAIN), "resend": several(PLAIN)})
NOWHERE: Final[Form[Any]] = Form(lambda place: None, lambda data: None)
IMPORT: Final = table(Import, {"to": ADDRESS, "id": PLAIN, "name": PLAIN, "place": NOWHERE})
QUESTION: Final = table(
    Question,
    {
        "selection": SELECTION,
        "destroy": PLAIN,
        "pending": several(PENDING),
        "wishes": WISHES,
        "now": optional(MOMENT),
        "refresh_only": PLAIN,
        "reads": PLAIN,
        "imports": several(IMPORT),
        "held": PLAIN,
    },
)
ALLOWANCES: Final = table(
    Allowances,
    {"data_loss": several(PLAIN), "max_deletes": PLAIN, "replace": several(PLAIN), "missing": several(PLAIN)},
)
CHECK: Final = table(Check, dict.fromkeys(("record", "config", "live", "id"), PLAIN))
SAVED: Final = table(
    SavedPlan,
    {
        "plan": PLAN,
        "question": QUESTION,
        "allowed": ALLOWANCES,
        "checks": mapping(ADDRESS, CHECK),
        "variables": mapping(PLAIN, PLAIN),
        "scopes": mapping(PLAIN, PLAIN),
        "made_from": APPLIED_BY,
        "kid": PLAIN,
    },
)
