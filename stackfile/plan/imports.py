"""Objects that are there already and become ours: which they are, and what their records say before any change."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.moved import Import
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.applied import to_applied
from stackfile.plan.decide import normal_live
from stackfile.plan.mask import mask_like
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import Change, Importing, Plan
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import Record, State
from stackfile.state.moving import moved_records
from stackfile.state.secrets import Seal
from stackfile.values import Path, Sensitive, Tree, Unknown, Value, contains, get, put


def taken_over(state: State, plan: Plan) -> State:
    """The state as it is when the moves and imports of a plan are made, and nothing else of it."""
    records = moved_records(state.records.values(), plan.moves) if plan.moves else state.records
    imported = {change.address: record_of(change) for change in plan.imports}
    return replace(state, records={**records, **imported}) if plan.moves or imported else state


def record_of(change: Change) -> Record:
    """What the state holds of an imported object before it is changed."""
    importing = change.importing
    if importing is None:
        raise ValueError(f"{change.address} is not imported")
    return Record(
        address=change.address,
        provider=change.provider,
        service=change.service,
        section=change.section,
        kind=change.kind,
        scope=importing.scope,
        id=importing.id,
        name=importing.name,
        applied=importing.applied,
        dependencies=change.depends_on,
        prevent_destroy=change.prevent_destroy,
    )


_LET_GO = (
    "Two would change it, each undoing the other.",
    "Let that one go of it first: removed: [{address: ..., destroy: false}]",
)


def kind_key(resource: Resource) -> KindKey:
    return (resource.provider, resource.kind.section, resource.kind.name)


def adopt(
    wanted: Iterable[Import], configuration: Configuration, state: State, observed: Observed
) -> Mapping[Address, Importing]:
    """The objects that come to addresses which have none. What an address has already is left as it is.

    Raises DiagnosticError for everything that cannot be.
    """
    search = _Search(configuration, state, observed)
    for one in wanted:
        search.look(one)
    if search.problems:
        raise DiagnosticError(search.problems)
    return search.found


@dataclass
class _Search:
    configuration: Configuration
    state: State
    observed: Observed
    found: dict[Address, Importing] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    takers: dict[tuple[KindKey, str], Address] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owners = {((r.provider, r.section, r.kind), r.id): r.address for r in self.state.records.values()}

    def look(self, wanted: Import) -> None:
        resource = self.configuration.resources[wanted.to]
        record, key = self.state.records.get(wanted.to), kind_key(resource)
        lives = self._matching(wanted, key)
        if record is not None:
            if lives and all(live.id != record.id for live in lives):
                self._other_id(wanted, record)
        elif not lives:
            self._not_found(wanted, resource)
        elif len(lives) > 1:
            ids = ", ".join(sorted(live.id for live in lives))
            way_out = f"Say which one by its id: {{to: {wanted.to}, id: ...}}"
            self._report("import-ambiguous", wanted, f"{wanted.name} is the name of {ids}", (way_out,))
        else:
            self._take(wanted, resource, lives[0])

    def _matching(self, wanted: Import, key: KindKey) -> list[Live]:
        objects = self.observed.objects.get(key, {})
        if wanted.id:
            return [objects[wanted.id]] if wanted.id in objects else []
        return [live for live in objects.values() if live.fields.get("name") == wanted.name]

    def _take(self, wanted: Import, resource: Resource, live: Live) -> None:
        key = kind_key(resource)
        owner = self.owners.get((key, live.id))
        taker = self.takers.setdefault((key, live.id), wanted.to)
        if owner is not None:
            help = (
                f"If {wanted.to} is what it is called now, write under moved: {{from: {owner}, to: {wanted.to}}}",
                f"If {owner} shall let go of it: removed: [{{address: {owner}, destroy: false}}], applied first",
            )
            self._report("import-managed", wanted, f"{live.id} is managed by {owner}", help)
        elif (other := self.observed.owner(key, live.id)) is not None:
            self._report("import-managed", wanted, f"{live.id} is managed by {other}", _LET_GO)
        elif taker != wanted.to:
            one = ("Take one of the two entries away.",)
            self._report("import-twice", wanted, f"{live.id} is imported to {taker} too", one)
        else:
            scope = self.observed.scopes.get(resource.provider, "")
            self.found[wanted.to] = Importing(live.id, str(live.fields.get("name", "")), scope)

    def _other_id(self, wanted: Import, record: Record) -> None:
        help = (
            "Take this import away. If the address shall have this object, and not the other one, first:",
            f"stack state rm {wanted.to}",
        )
        says = f"{wanted.to} has another object already: {record.id}"
        self._report("import-other-id", wanted, says, help)

    def _not_found(self, wanted: Import, resource: Resource) -> None:
        kind = resource.kind.name
        for other, objects in self.observed.objects.items():
            if other[0] == resource.provider and wanted.id in objects:
                way_out = f"Import it to an address under {other[1]}: that is of this kind."
                says = f"{wanted.id} is a {other[2]}, and {wanted.to} is a {kind}"
                return self._report("import-kind", wanted, says, (way_out,))
        help = (f"What is there: stack export --provider {shlex.quote(resource.provider)} --out-dir exported",)
        says = f"there is no {kind} {wanted.wanted} in {resource.provider}"
        return self._report("import-not-found", wanted, says, help)

    def _report(self, code: str, wanted: Import, says: str, help: tuple[str, ...]) -> None:
        span, source = wanted.place if wanted.place is not None else (None, None)
        self.problems.append(Diagnostic(code, says, span=span, source=source, address=str(wanted.to), help=help))


def provisional(importing: Importing, resource: Resource) -> Record:
    """The record of an imported object while it is not known yet what the file sets of it."""
    return Record(
        address=resource.address,
        provider=resource.provider,
        service=resource.service,
        section=resource.kind.section,
        kind=resource.kind.name,
        scope=importing.scope,
        id=importing.id,
        name=importing.name,
        applied=importing.applied,
        dependencies=resource.dependencies,
        prevent_destroy=resource.lifecycle.prevent_destroy,
    )


def with_imports(state: State, configuration: Configuration, importing: Mapping[Address, Importing]) -> State:
    if not importing:
        return state
    records = {address: provisional(one, configuration.resources[address]) for address, one in importing.items()}
    return replace(state, records={**state.records, **records})


def as_live(importing: Importing, schema: Schema, desired: Tree, live: Live, seal: Seal) -> Importing:
    """The import with what its record says: the live values at the paths that the file sets.

    What the service does not give back is assumed to be the file's.
    """
    normal = mask_like(normal_live(schema, live), desired)
    applied: dict[str, Value] = {}
    unverified: list[Path] = []
    for path, wish in _through_maps(desired):
        hidden, local = _is_hidden(schema, path, wish, normal), schema.traits_at(path) & Trait.LOCAL
        if contains(wish, Unknown) and (hidden or local):
            continue
        if hidden:
            secret = contains(wish, Sensitive) or schema.traits_at(path) & Trait.WRITE_ONLY
            applied = put(applied, path, seal.seal(wish, assumed=True) if secret else wish)
            unverified.append(path)
            continue
        value = wish if local else get(normal, path, None)
        if value is not None:
            applied = put(applied, path, value)
    return replace(importing, applied=to_applied(applied, {}, seal), unverified=tuple(unverified))


def _is_hidden(schema: Schema, path: Path, wish: Value, live: Tree) -> bool:
    """Whether the service does not give it back: the whole field, or a secret within one that it returns in part."""
    held_back = schema.traits_at(path) & Trait.UNREAD and contains(wish, Sensitive) and get(live, path) is None
    return schema.hides(path, live) or bool(held_back)


def _through_maps(tree: Tree, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every value that is no map, and every empty map; a list is one value."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _through_maps(value, (*path, key))
        else:
            yield (*path, key), value
