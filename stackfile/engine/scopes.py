"""Holds a run to the accounts and engines that its objects are in: the same provider connected elsewhere is refused."""

from __future__ import annotations

from collections import defaultdict

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import in_file_order
from stackfile.plan.observed import Observed
from stackfile.state.format import State

_NAMED = 3
"""How many addresses a message names before it counts."""


def refuse_other_scopes(state: State, observed: Observed) -> None:
    """Raises DiagnosticError where a provider was read that is not connected to what the state's objects are in."""
    elsewhere: dict[tuple[str, str], list[Address]] = defaultdict(list)
    for record in state.objects:
        now = observed.scopes.get(record.provider)
        if now is not None and record.scope not in ("", now):
            elsewhere[record.provider, record.scope].append(record.address)
    if elsewhere:
        raise DiagnosticError(
            [_changed(key, observed.scopes[key[0]], addresses) for key, addresses in sorted(elsewhere.items())]
        )


def connection_said(scope: str) -> str:
    return f"connected to {scope}" if scope else "new and empty"


def _changed(key: tuple[str, str], now: str, addresses: list[Address]) -> Diagnostic:
    provider, before = key
    named = ", ".join(map(str, in_file_order(addresses)[:_NAMED]))
    more = f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else ""
    return Diagnostic(
        "scope-changed",
        f"`{provider}` is {connection_said(now)}, and the state has objects of it in {before}: {named}{more}",
        help=(
            "Nothing was changed: what is not found there may well be alive in the other one.",
            f"Point providers.{provider} back to {before}.",
            f"If it was moved on purpose, or that one is gone for good: stack state rescope {provider}",
        ),
    )
