"""Natural keys that are taken: objects that are there already under the key of one that is to be created or renamed.

One that is not ours is never taken over silently; one of ours keeps its name until it is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.language.edit.written import in_flow
from stackfile.language.stackfile import Configuration
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import Action, Change, Stage, Verb
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import State
from stackfile.values import Tree, Unknown, Value, contains, reveal

NaturalKey = tuple[str, ...]
_VERBS = {Action.CREATE: "create", Action.REPLACE: "create", Action.UPDATE: "call"}
_THEIRS = (
    "Give ours another name; {{ stack.env }} in `name:` tells environments apart.",
    "To take it over, let that one go of it first: removed: [{address: ..., destroy: false}]",
)
_ANOTHER = ("Give one of the two another name; `name:` says it.",)


@dataclass(frozen=True, slots=True)
class Claims:
    """What is wrong with the names that are to be taken, and after which stage another address may take one."""

    problems: tuple[Diagnostic, ...] = ()
    vacated: Mapping[Address, Stage] = field(default_factory=dict)


def natural_key(schema: Schema, tree: Tree) -> NaturalKey | None:
    """The values of the IDENTITY fields as text; None where the kind has none or one is not known."""
    names = [field.name for field in schema.with_trait(Trait.IDENTITY)]
    if not names or any(tree.get(name) is None or contains(tree[name], Unknown) for name in names):
        return None
    return tuple(str(reveal(tree[name])) for name in names)


def identity_of(schema: Schema, tree: Tree) -> dict[str, Value]:
    """The IDENTITY fields of a tree that are set, plain."""
    return {f.name: reveal(tree[f.name]) for f in schema.with_trait(Trait.IDENTITY) if tree.get(f.name) is not None}


def claims(
    changes: Iterable[Change],
    configuration: Configuration,
    observed: Observed,
    state: State,
    pending: Collection[Address] = (),
) -> Claims:
    """Looks at everything that is to get a name. `pending` addresses may find what a killed run of ours made."""
    by_address = {change.address: change for change in changes}
    coming = [change for change in by_address.values() if change.action in _VERBS]
    if not coming:
        return Claims()
    book = _Book(by_address, configuration, observed, _owners(state), frozenset(pending))
    for change in coming:
        book.claim(change)
    return Claims(tuple(book.problems), book.vacated)


def _owners(state: State) -> dict[tuple[KindKey, str], Address]:
    return {((r.provider, r.section, r.kind), r.id): r.address for r in state.objects}


@dataclass
class _Book:
    """Natural keys by who has them and who wants them."""

    changes: Mapping[Address, Change]
    configuration: Configuration
    observed: Observed
    owners: Mapping[tuple[KindKey, str], Address]
    pending: frozenset[Address]
    index: dict[KindKey, Mapping[NaturalKey, str]] = field(default_factory=dict)
    wanted: dict[tuple[KindKey, NaturalKey], Address] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    vacated: dict[Address, Stage] = field(default_factory=dict)

    def claim(self, change: Change) -> None:
        address, kind = change.address, (change.provider, change.section, change.kind)
        natural = self._wished(change)
        if natural is None or (change.action is Action.UPDATE and natural == self._present(change)):
            return
        rival = self.wanted.setdefault((kind, natural), address)
        id = self._there(kind, self.configuration.resources[address].schema).get(natural)
        owner = self.owners.get((kind, id)) if id is not None else None
        if rival != address:
            self._report("name-taken", change, f"{rival} gets that name too", _ANOTHER)
        elif id is not None and owner is not None and owner != address:
            self._succeed(change, owner, natural, id)
        elif id is not None and owner is None and address not in self.pending:
            self._meet(change, kind, id)

    def _meet(self, change: Change, kind: KindKey, id: str) -> None:
        """What is there already, and is not ours."""
        address, owner = change.address, self.observed.owner(kind, id)
        if owner is not None:
            self._report("exists", change, f"it is there already, as {id}, and is managed by {owner}", _THEIRS)
        else:
            take_over = (
                "Either give ours another name, or take it over:",
                f"stack import {address} {id}",
                f"or with the next apply:  imports: {in_flow([{'to': str(address), 'id': id}])}",
            )
            help = take_over if change.live is None else _ANOTHER
            self._report("exists", change, f"it is there already, as {id}, and is not ours", help)

    def _wished(self, change: Change) -> NaturalKey | None:
        if change.desired is None:
            return None
        return natural_key(self.configuration.resources[change.address].schema, change.desired)

    def _present(self, change: Change) -> NaturalKey | None:
        return natural_key(self.configuration.resources[change.address].schema, change.live or {})

    def _there(self, kind: KindKey, schema: Schema) -> Mapping[NaturalKey, str]:
        if kind not in self.index:
            keys = ((natural_key(schema, live.fields), id) for id, live in self.observed.objects.get(kind, {}).items())
            self.index[kind] = {key: id for key, id in keys if key is not None}
        return self.index[kind]

    def _succeed(self, change: Change, owner: Address, natural: NaturalKey, id: str) -> None:
        leaving = self.changes.get(owner)
        if leaving is not None and id in leaving.deposed:
            self.vacated[change.address] = (owner, Verb.DEPOSED)
        elif leaving is not None and leaving.deletes:
            self.vacated[change.address] = (owner, Verb.DELETE)
        elif leaving is not None and leaving.action is Action.UPDATE and self._wished(leaving) != natural:
            self.vacated[change.address] = (owner, Verb.UPDATE)
        else:
            self._report("name-taken", change, f"{owner} has that name", _ANOTHER)

    def _report(self, code: str, change: Change, why: str, help: tuple[str, ...]) -> None:
        place = self.configuration.span(self.configuration.resources[change.address])
        span, source = place if place is not None else (None, None)
        says = f'cannot {_VERBS[change.action]} {change.kind} "{change.name}" in {change.provider}: {why}'
        self.problems.append(Diagnostic(code, says, span=span, source=source, address=str(change.address), help=help))
