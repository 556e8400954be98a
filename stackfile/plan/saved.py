"""A plan as it is saved: what it was held against, so that apply can tell whether it still stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from stackfile.address import Address
from stackfile.plan.guard import Allowances
from stackfile.plan.plan import Plan
from stackfile.plan.question import Question
from stackfile.state.format import Origin as AppliedBy

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
    """

    plan: Plan
    question: Question = field(default_factory=Question)
    allowed: Allowances = field(default_factory=Allowances)
    checks: Mapping[Address, Check] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    made_from: AppliedBy = field(default_factory=AppliedBy)
    kid: str = ""
