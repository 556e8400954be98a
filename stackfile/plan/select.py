"""Which resources a plan is about: `--target` and `--exclude`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stackfile.address import Address, Modules, parse_modules
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import ResourceGraph
from stackfile.spelling import closest, guess


@dataclass(frozen=True, slots=True)
class Selection:
    """Patterns as typed: an address, an address of all instances, a glob (`streams.*`), or `provider:NAME`.

    A target pulls in what it needs; where it is deleted, what holds it. An exclusion leaves out what needs it too, and
    does not take away what it holds.
    """

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not self.target and not self.exclude

    @property
    def excluded_providers(self) -> frozenset[str]:
        """Provider instances that are not even contacted."""
        return frozenset(p.removeprefix("provider:") for p in self.exclude if p.startswith("provider:"))


def select(
    selection: Selection,
    graph: ResourceGraph,
    provider_of: Mapping[Address, str],
    previous: Mapping[Address, Address] | None = None,
) -> frozenset[Address]:
    """The addresses that the plan is about; a pattern may name a `previous` one.

    Raises DiagnosticError for a pattern that matches nothing.
    """
    everything = frozenset(graph.order)
    if selection.everything:
        return everything
    chosen = everything
    now = {before: after for after, before in (previous or {}).items() if before not in everything}
    addresses = everything | now.keys()
    if selection.target:
        found = matches(selection.target, addresses, provider_of)
        chosen &= graph.pulled_in({now.get(one, one) for one in found})
    if selection.exclude:
        found = matches(selection.exclude, addresses, provider_of)
        chosen -= graph.kept_back({now.get(one, one) for one in found})
    return chosen


def matcher(pattern: str) -> Callable[[Address], bool]:
    """A test for one pattern: `modules.billing` is all that is in it. Raises ValueError for text that is neither an
    address nor a glob."""
    if "*" in pattern:
        expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
        return lambda address: expression.fullmatch(str(address)) is not None
    try:
        modules = parse_modules(pattern)
    except ValueError:
        return _matches_resource(Address.parse(pattern))
    return lambda address: _covers(modules, address.modules)


def _matches_resource(wanted: Address) -> Callable[[Address], bool]:
    def test(address: Address) -> bool:
        return (
            (address.section, address.key) == (wanted.section, wanted.key)
            and wanted.instance in (None, address.instance)
            and len(address.modules) == len(wanted.modules)
            and _covers(wanted.modules, address.modules)
        )

    return test


def _covers(wanted: Modules, steps: Modules) -> bool:
    """Whether steps begin with the wanted ones, each of them without an instance key for all instances."""
    return len(wanted) <= len(steps) and all(
        key == other and instance in (None, at) for (key, instance), (other, at) in zip(wanted, steps, strict=False)
    )


def matches(
    patterns: Iterable[str], addresses: frozenset[Address], provider_of: Mapping[Address, str]
) -> frozenset[Address]:
    """The addresses that any of the patterns matches. Raises DiagnosticError for each that matches nothing."""
    found: set[Address] = set()
    problems: list[Diagnostic] = []
    for pattern in patterns:
        try:
            matched = _one(pattern, addresses, provider_of)
        except ValueError as error:
            problems.append(Diagnostic("selection-unknown", str(error)))
            continue
        if not matched:
            problems.append(_unmatched(pattern, addresses, provider_of))
        found |= matched
    if problems:
        raise DiagnosticError(problems)
    return frozenset(found)


def _one(pattern: str, addresses: frozenset[Address], provider_of: Mapping[Address, str]) -> set[Address]:
    if pattern.startswith("provider:"):
        name = pattern.removeprefix("provider:")
        return {address for address in addresses if provider_of.get(address) == name}
    test = matcher(pattern)
    return {address for address in addresses if test(address)}


def _unmatched(pattern: str, addresses: frozenset[Address], provider_of: Mapping[Address, str]) -> Diagnostic:
    if pattern.startswith("provider:"):
        providers = sorted({provider_of[address] for address in addresses if address in provider_of})
        best = closest(pattern.removeprefix("provider:"), providers)
        help = f"did you mean provider:{best}?" if best else f"Providers of this stack: {', '.join(providers)}"
    else:
        help = guess(pattern, sorted(map(str, addresses)), "All addresses: stack graph")
    return Diagnostic("selection-unknown", f"{pattern} matches no resource of this stack", help=(help,))
