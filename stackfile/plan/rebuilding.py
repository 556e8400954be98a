"""Which live objects a stackfile's resources are, told by natural key or name alone: for a state that was lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import DiagnosticError
from stackfile.graph.build import ResourceGraph, in_file_order
from stackfile.language.stackfile import Configuration, Resource
from stackfile.plan.decide import normal_live
from stackfile.plan.diff import diff
from stackfile.plan.imports import as_live, kind_key, provisional
from stackfile.plan.known import Known
from stackfile.plan.mask import mask, mask_like
from stackfile.plan.plan import Importing
from stackfile.plan.twins import natural_key
from stackfile.sdk.provider import Live
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Path, Tree, Unknown, contains, reveal


@dataclass(frozen=True, slots=True)
class Match:
    """An object that is a resource's by its key. `differs` are fields that are live not as the file says."""

    record: Record
    live: Live
    differs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """What the state can be rebuilt from. `ambiguous` gives the ids that may be meant, `absent` has nothing live,
    `unknown` says why it could not be looked for; `kept` are in the state already."""

    matches: tuple[Match, ...] = ()
    ambiguous: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    absent: tuple[Address, ...] = ()
    unknown: Mapping[Address, str] = field(default_factory=dict)
    kept: int = 0


def rebuild(configuration: Configuration, graph: ResourceGraph, known: Known, seal: Seal) -> Rebuilding:
    """Goes through the resources in the order of their dependencies: what one refers to is looked for first."""
    search = _Search(configuration, known, seal, dict(known.state.records))
    for address in graph.order:
        if address in graph.desired and address not in search.records:
            search.look(configuration.resources[address])
    return replace(search.without_twins(), kept=len(known.state.records))


@dataclass
class _Search:
    configuration: Configuration
    known: Known
    seal: Seal
    records: dict[Address, Record]
    matches: dict[Address, Match] = field(default_factory=dict)
    ambiguous: dict[Address, tuple[str, ...]] = field(default_factory=dict)
    absent: list[Address] = field(default_factory=list)
    unknown: dict[Address, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owned = {(r.provider, r.section, r.kind, r.id) for r in self.records.values()}

    def look(self, resource: Resource) -> None:
        address = resource.address
        if resource.provider in self.known.observed.left_out:
            self.unknown[address] = f"{resource.provider} was not read"
            return
        try:
            desired = mask(resource.schema, self.configuration.resolve(resource, self._attributes, None))
        except DiagnosticError as error:
            self.unknown[address] = error.diagnostics[0].message
            return
        lives = self._matching(resource, desired)
        if lives is None:
            self.unknown[address] = "its name is not known before what it refers to is there"
        elif not lives:
            self.absent.append(address)
        elif len(lives) > 1:
            self.ambiguous[address] = tuple(sorted(live.id for live in lives))
        else:
            self._match(resource, desired, lives[0])

    def _matching(self, resource: Resource, desired: Tree) -> list[Live] | None:
        """The objects of this kind, name or key that nobody has; None where the resource's own is not known."""
        key, schema = kind_key(resource), resource.schema
        free = [live for live in self.known.observed.objects.get(key, {}).values() if (*key, live.id) not in self.owned]
        wanted = natural_key(schema, desired)
        if wanted is not None:
            return [live for live in free if natural_key(schema, live.fields) == wanted]
        name = desired.get("name")
        if name is None or contains(name, Unknown):
            return None
        return [live for live in free if live.fields.get("name") == reveal(name)]

    def _match(self, resource: Resource, desired: Tree, live: Live) -> None:
        schema, observed = resource.schema, self.known.observed
        importing = Importing(live.id, str(live.fields.get("name", "")), observed.scopes.get(resource.provider, ""))
        record = provisional(as_live(importing, schema, desired, live, self.seal), resource)
        normal = mask_like(normal_live(schema, live), desired)
        differs = tuple(one.path for one in diff(schema, desired, record.applied, normal, self.seal).fields)
        self.records[resource.address] = record
        self.matches[resource.address] = Match(record, live, differs)

    def _attributes(self, address: Address) -> Tree | None:
        """Of what was found the live object; of what was not, nothing but that it will be."""
        found = replace(self.known, state=replace(self.known.state, records=self.records)).attributes(address)
        resource = self.configuration.resources.get(address)
        if found is not None or resource is None:
            return found
        return {name: Unknown((f"{address}.{name}",)) for name in (*resource.schema.fields, "id")}

    def without_twins(self) -> Rebuilding:
        """An object that two resources could be is neither's."""
        takers: dict[tuple[str, str, str, str], list[Address]] = defaultdict(list)
        for address, match in self.matches.items():
            record = match.record
            takers[record.provider, record.section, record.kind, record.id].append(address)
        twins = {address: (key[3],) for key, addresses in takers.items() if len(addresses) > 1 for address in addresses}
        ambiguous = {**self.ambiguous, **twins}
        return Rebuilding(
            tuple(self.matches[address] for address in in_file_order(self.matches.keys() - twins.keys())),
            {address: ambiguous[address] for address in in_file_order(ambiguous)},
            tuple(in_file_order(self.absent)),
            {address: self.unknown[address] for address in in_file_order(self.unknown)},
        )


def rebuilt(state: State, records: Iterable[Record]) -> State:
    return replace(state, records={**state.records, **{record.address: record for record in records}})
