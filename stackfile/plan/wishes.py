"""What a plan is asked to do to single resources although nothing differs: replace them, or send them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import in_file_order
from stackfile.language.stackfile import Configuration
from stackfile.plan.reach import providers_of
from stackfile.plan.select import matches
from stackfile.state.format import State


class Wish(Enum):
    """What was asked for one resource; the value is the option that asks."""

    NONE = ""
    REPLACE = "--replace"
    RESEND = "--resend"


@dataclass(frozen=True, slots=True)
class Wishes:
    """Patterns as typed, of the same kinds as those of a selection."""

    replace: tuple[str, ...] = ()
    resend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an address can stand: `declared` in the stackfile, `recorded` in the state, `left_out` of this plan."""

    declared: frozenset[Address]
    recorded: frozenset[Address]
    left_out: frozenset[Address]
    provider_of: Mapping[Address, str]

    @classmethod
    def of(cls, configuration: Configuration, state: State, left_out: Iterable[Address]) -> Standing:
        declared, recorded = frozenset(configuration.resources), frozenset(state.records)
        return cls(declared, recorded, frozenset(left_out), providers_of(configuration, state))


def granted(wishes: Wishes, standing: Standing) -> dict[Address, Wish]:
    """What is asked for which resource. A pattern may also match some for which nothing can be done, but not only
    such. Raises DiagnosticError with every pattern that means nothing here."""
    found: dict[Address, Wish] = {}
    problems: list[Diagnostic] = []
    for wish, patterns in ((Wish.REPLACE, wishes.replace), (Wish.RESEND, wishes.resend)):
        for pattern in patterns:
            try:
                possible = _possible(wish, pattern, standing)
            except DiagnosticError as error:
                problems.extend(error.diagnostics)
                continue
            twice = [address for address in possible if found.get(address, wish) is not wish]
            problems.extend(impossible(wish, one, "it is replaced, which sends all of it") for one in twice)
            found |= dict.fromkeys(possible, wish)
    if problems:
        raise DiagnosticError(problems)
    return found


def _possible(wish: Wish, pattern: str, standing: Standing) -> list[Address]:
    everything = standing.declared | standing.recorded
    meant = in_file_order(matches((pattern,), everything, standing.provider_of))
    why = {address: _why_not(address, standing) for address in meant}
    possible = [address for address in meant if not why[address]]
    if not possible:
        raise DiagnosticError([impossible(wish, meant[0], why[meant[0]])])
    return possible


def _why_not(address: Address, standing: Standing) -> str:
    if address not in standing.declared:
        return "it is in the state only, and goes"
    if address not in standing.recorded:
        return "it is not in the state, and is created anyway"
    return "this plan leaves it out" if address in standing.left_out else ""


def impossible(wish: Wish, address: Address, why: str) -> Diagnostic:
    says = f"{wish.value} has nothing to do: {why}"
    return Diagnostic("request-impossible", says, address=str(address), help=(f"Leave out {wish.value} {address}",))


def flags(wishes: Wishes) -> Iterable[tuple[str, str]]:
    """The options that ask for this, in pairs."""
    yield from ((Wish.REPLACE.value, pattern) for pattern in wishes.replace)
    yield from ((Wish.RESEND.value, pattern) for pattern in wishes.resend)
