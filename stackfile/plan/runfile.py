"""What a run set out to do and what of it is still open, as a file: for `stack apply --resume`. Holds no secrets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from stackfile.address import Address
from stackfile.plan.forms import PLAN, QUESTION
from stackfile.plan.order import cut_to
from stackfile.plan.plan import Action, Change, Plan, Reason
from stackfile.plan.question import Question
from stackfile.plan.reviewed import Review, review
from stackfile.plan.table import ADDRESS, PLAIN, Form, several, table
from stackfile.plan.wishes import Wishes
from stackfile.state.leaves import NotStorable, refusal

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RunFile:
    """The last run: its id, the question and the veiled plan that it went by, and the addresses that are open."""

    run: str
    plan: Plan
    open: tuple[Address, ...]
    question: Question = field(default_factory=Question)

    @property
    def wanted(self) -> Question:
        """What to ask again: wishes for what is done already are not made twice."""
        changes = [change for change in self.plan.changes if change.address in self.open]
        wishes = Wishes(_of(changes, Reason.REPLACE_REQUEST), _of(changes, Reason.RESEND))
        return replace(self.question, wishes=wishes, pending=())


def _of(changes: Collection[Change], reason: Reason) -> tuple[str, ...]:
    return tuple(str(change.address) for change in changes if change.reason is reason)


_FORM: Final[Form[RunFile]] = table(
    RunFile, {"run": PLAIN, "plan": PLAN, "open": several(ADDRESS), "question": QUESTION}
)


def print_run(run: RunFile) -> bytes:
    """Raises StateError for a plan with a value that JSON has no form for."""
    try:
        return orjson.dumps({"format_version": VERSION, **_FORM.write(run)}, option=orjson.OPT_APPEND_NEWLINE)
    except (NotStorable, TypeError) as error:
        raise refusal("the plan", NotStorable(str(error))) from None


def parse_run(data: bytes) -> RunFile | None:
    """None for what is no such file, or one of another version."""
    try:
        document: Any = orjson.loads(data)
        if document.pop("format_version") != VERSION:
            return None
        return _FORM.read(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def continued(run: RunFile, now: Plan) -> Review:
    """The open changes of a run that are still to be made, against what the run set out to do. `now` is veiled.

    What is left of a replacement whose first half was done is no new change.
    """
    left = cut_to(now, set(run.open))
    made = {change.address: change for change in left.changes}
    opened = (change for change in run.plan.changes if change.address in run.open)
    before = tuple(_second_half(change, made.get(change.address)) for change in opened)
    return review(replace(run.plan, changes=before), left)


def _second_half(planned: Change, now: Change | None) -> Change:
    if planned.action is Action.REPLACE and now is not None and now.action is Action.CREATE:
        return replace(planned, action=Action.CREATE, fields=())
    return planned
