"""A plan that was saved: to bytes, and back exactly.

The document is the JSON that `stack plan --json` prints, for whoever reviews it; what apply needs is in its
`stackfile.saved`. A checksum over all of it tells when somebody edited the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from stackfile import __version__
from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError, Refused, Severity, Span
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
from stackfile.plan.planner import Question
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
from stackfile.state.leaves import NotStorable, dump, refusal

SAVED_VERSION: Final = 1
"""Of what is under `stackfile.saved`."""

ABSENT: Final = "absent"
"""Stands for the fingerprint of an object that is not there."""

UNREAD: Final = "unread"
"""Stands for the fingerprint of an object of which the plan had a copy only."""


@dataclass(frozen=True, slots=True)
class Check:
    """One address as it was at plan: digests of its state record, of its resolved config, and of the live object.

    `record` is empty without a record, and `config` for a resource that goes, or that only others need. `id` is the
    remote id in the state.
    """

    record: str = ""
    config: str = ""
    live: str = ABSENT
    id: str = ""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan without its secrets, the question that it answers, and what must still hold when it is applied.

    `checks` are of the touched addresses and of all that they need. `variables` are digests by name, `scopes` what each
    provider was connected to. `kid` names the key of all digests. `made_from` is the version of the folder.
    `comparable` is False where secrets were not compared: such a plan is for reading only.
    """

    plan: Plan
    question: Question = field(default_factory=Question)
    allowed: Allowances = field(default_factory=Allowances)
    checks: Mapping[Address, Check] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    made_from: AppliedBy = field(default_factory=AppliedBy)
    kid: str = ""
    comparable: bool = True


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
LOOKED_UP: Final = table(
    LookedUp, {"address": ADDRESS, **dict.fromkeys(("provider", "service", "kind", "name", "id"), PLAIN)}
)
APPLIED_BY: Final = table(
    AppliedBy,
    {**dict.fromkeys(("by", "commit", "dirty", "branch", "run_url"), PLAIN), "at": optional(MOMENT)},
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
        "comparable": PLAIN,
    },
)


def print_plan(saved: SavedPlan, document: Mapping[str, Any]) -> bytes:
    """The file: `document`, what `stack plan --json` prints of this plan, with all that apply needs.

    The plan must be veiled. Raises StateError for a value that JSON has no form for.
    """
    ours = {**document.get("stackfile", {}), "version": __version__, "saved_version": SAVED_VERSION}
    try:
        whole = {**document, "stackfile": {**ours, "saved": SAVED.write(saved)}}
        whole["stackfile"]["checksum"] = _checksum(whole)
        return orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE)  # in the order of the trees, as texts show them
    except NotStorable as error:
        raise refusal("the plan", error) from None


def parse_plan(data: bytes, where: str) -> SavedPlan:
    """The inverse of `print_plan`. `where` names the file.

    Raises DiagnosticError for what is no saved plan, or is a newer one; Refused for one that was edited.
    """
    document = _document(data, where)
    ours = document["stackfile"]
    found = ours.get("saved_version")
    if isinstance(found, int) and found > SAVED_VERSION:
        raise _newer(where, found, ours.get("version"))
    if "saved" not in ours:
        help = "A plan that can be applied is made by: stack plan --out plan.json"
        raise DiagnosticError.of("plan-damaged", f"{where} is a plan for reading, and cannot be applied", help)
    checksum = ours.pop("checksum", "")
    if _checksum(document) != checksum:
        help = "What was reviewed is what is applied. Change the stackfile instead, and plan anew: stack plan --out ..."
        raise Refused([Diagnostic("plan-edited", f"{where} was edited since it was made", help=(help,))])
    try:
        return SAVED.read(ours["saved"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(where, f"it cannot be read ({error})") from None


def _document(data: bytes, where: str) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        says = "it is empty" if not data.strip() else "it is no JSON, or only a part of it"
        raise _damaged(where, says) from None
    if not isinstance(document, dict) or not isinstance(document.get("stackfile"), dict):
        raise _damaged(where, "it is JSON, but no plan")
    return document


def _checksum(document: Mapping[str, Any]) -> str:
    return sha256(dump(document)).hexdigest()


def _damaged(where: str, says: str) -> DiagnosticError:
    return DiagnosticError.of(
        "plan-damaged", f"{where} is no saved plan: {says}", "Make one: stack plan --out plan.json"
    )


def _newer(where: str, found: int, writer: object) -> DiagnosticError:
    wanted = f"stackfile>={writer}" if isinstance(writer, str) else "stackfile"
    says = f"{where} was made by a newer stackfile: format {found}, and this one ({__version__}) reads {SAVED_VERSION}"
    return DiagnosticError.of("plan-newer", says, f"Install that one: pip install --upgrade '{wanted}'")
