"""Makes of a plan what can be saved: veiled, with the digests of all that must still hold when it is applied."""

from __future__ import annotations

from stackfile.plan.fingerprint import checks_of
from stackfile.plan.guard import Allowances
from stackfile.plan.hold import Today, variable_digests
from stackfile.plan.question import Question
from stackfile.plan.saved import SavedPlan
from stackfile.state.format import Origin


def to_save(today: Today, question: Question, allowed: Allowances, made_from: Origin) -> SavedPlan:
    """The plan of today, as the answer to a question, with the allowances that were given for it."""
    plan, seal = today.plan, today.seal
    providers = {change.provider for change in plan.changes}
    scopes = today.known.observed.scopes
    return SavedPlan(
        plan=today.veil.plan(plan),
        question=question,
        allowed=allowed,
        checks=checks_of(plan, today.known, today.configuration, seal),
        variables=variable_digests(today.configuration, seal),
        scopes={name: scopes[name] for name in sorted(providers & scopes.keys())},
        made_from=made_from,
        kid=seal.kid,
    )
