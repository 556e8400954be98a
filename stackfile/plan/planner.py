"""Makes the plan: goes through the graph in order and decides, for each address, what happens to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import ResourceGraph, build, in_file_order
from stackfile.graph.dag import Cycle, closure, reverse
from stackfile.language.stackfile import Catalog, Configuration, Resource
from stackfile.plan import order
from stackfile.plan.decide import Subject, decide, delete
from stackfile.plan.mask import mask
from stackfile.plan.known import Known, key_of
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.outputs import output_changes
from stackfile.plan.plan import Action, Change, Plan, Reason, Settled
from stackfile.plan.propose import attributes_of_new
from stackfile.plan.select import Selection, select
from stackfile.plan.twins import twins
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Tree


@dataclass(frozen=True, slots=True)
class Question:
    """What the plan is asked to be: `destroy` wants everything gone."""

    selection: Selection = field(default_factory=Selection)
    destroy: bool = False


@dataclass
class _Draft:
    """A plan in the making. Attributes of a resource are made when another one asks for them."""

    configuration: Configuration
    known: Known
    seal: Seal
    changes: dict[Address, Change] = field(default_factory=dict)
    settled: dict[Address, Settled] = field(default_factory=dict)
    desired: dict[Address, Tree] = field(default_factory=dict)
    failed: set[Address] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    unchanged: int = 0
    cache: dict[Address, Tree] = field(default_factory=dict)

    def attributes(self, address: Address) -> Tree | None:
        """What others may know of a resource; None where it is not there to be referred to."""
        if address not in self.cache:
            known = self._attributes(address)
            if known is None:
                return None
            self.cache[address] = known
        return self.cache[address]

    def _attributes(self, address: Address) -> Tree | None:
        desired, change = self.desired.get(address), self.changes.get(address)
        if change is not None and desired is not None and change.action in (Action.CREATE, Action.REPLACE):
            resource = self.configuration.resources[address]
            return attributes_of_new(address, resource.kind, resource.schema, desired)
        return self.known.attributes(address, desired)


def make_plan(
    configuration: Configuration, state: State, observed: Observed, catalog: Catalog, seal: Seal, question: Question
) -> Plan:
    """The plan that takes the live system to what the stackfile says, or to nothing when asked to destroy.

    Raises DiagnosticError for everything that is wrong with the stackfile in the light of what exists.
    """
    graph = resource_graph(configuration, state, destroy=question.destroy)
    chosen = select(question.selection, graph, _providers(configuration, state))
    draft = _Draft(configuration, Known(state, observed, catalog), seal)
    left_out = _left_out(graph, configuration, state, observed)
    for address in graph.order:
        resource = configuration.resources.get(address) if address in graph.desired else None
        if address not in chosen or address in left_out:
            _leave(draft, address)
        elif resource is not None:
            _plan_declared(draft, resource)
        else:
            _plan_gone(draft, address, destroy=question.destroy)
    if draft.problems:
        raise DiagnosticError(draft.problems)
    return _finish(draft, graph, complete=question.selection.everything and not left_out, destroy=question.destroy)


def resource_graph(configuration: Configuration, state: State, *, destroy: bool) -> ResourceGraph:
    """Raises DiagnosticError that names a cycle in full."""
    resources = configuration.resources
    desired = {} if destroy else {a: resources[a].dependencies for a in in_file_order(resources)}
    try:
        return build(desired, {a: record.dependencies for a, record in state.records.items()})
    except Cycle as cycle:
        path = " -> ".join(str(address) for address in cycle.path)
        place = configuration.span(resources[cycle.path[0]])
        span, source = place if place is not None else (None, None)
        says = f"these resources need each other: {path}"
        help = ("Take one of these references away, or split a resource.",)
        raise DiagnosticError([Diagnostic("cycle", says, span=span, source=source, help=help)]) from None


def _providers(configuration: Configuration, state: State) -> dict[Address, str]:
    recorded = {address: record.provider for address, record in state.records.items()}
    return recorded | {address: resource.provider for address, resource in configuration.resources.items()}


def _left_out(
    graph: ResourceGraph, configuration: Configuration, state: State, observed: Observed
) -> frozenset[Address]:
    """Resources of providers that did not answer, and new ones that need a new resource there."""
    silent = observed.left_out
    if not silent:
        return frozenset()
    providers = _providers(configuration, state)
    direct = {address for address in graph.order if providers[address] in silent}
    unknown = {address for address in direct if address not in state.records}
    return frozenset(direct | closure(unknown, reverse(graph.desired)))


def _leave(draft: _Draft, address: Address) -> None:
    """Not part of this plan: others see it as the state has it."""
    if address in draft.known.state.records:
        draft.unchanged += 1


def _plan_declared(draft: _Draft, resource: Resource) -> None:
    address = resource.address
    record = draft.known.state.records.get(address)
    desired = _resolve(draft, resource, record)
    if desired is None:
        draft.failed.add(address)
        return
    draft.desired[address] = desired
    live = draft.known.live(record) if record is not None else None
    verdict = decide(Subject(resource, desired, record, live, _replaced(draft, resource)), draft.seal)
    if isinstance(verdict, Change):
        draft.changes[address] = verdict
    else:
        draft.unchanged += 1
        _settle(draft, resource, record, verdict)


def _resolve(draft: _Draft, resource: Resource, record: Record | None) -> Tree | None:
    if any(need in draft.failed for need in resource.dependencies):
        return None
    try:
        kept = record.name if record is not None else None
        return mask(resource.schema, draft.configuration.resolve(resource, draft.attributes, kept))
    except DiagnosticError as error:
        draft.problems.extend(error.diagnostics)
        return None


def _replaced(draft: _Draft, resource: Resource) -> Mapping[Address, str]:
    """Of what the resource needs, that which goes and comes."""
    if not draft.changes:
        return {}
    changes = ((need, draft.changes.get(need)) for need in resource.dependencies)
    return {need: "replaced" for need, change in changes if change is not None and change.replaces}


def _settle(draft: _Draft, resource: Resource, record: Record | None, applied: Tree) -> None:
    if record is None:
        return
    new = Settled(applied, resource.dependencies, resource.lifecycle.prevent_destroy)
    if new != Settled(record.applied, record.dependencies, record.prevent_destroy):
        draft.settled[resource.address] = new


def _plan_gone(draft: _Draft, address: Address, *, destroy: bool) -> None:
    record = draft.known.state.records[address]
    known = draft.known
    reason = Reason.DESTROY if destroy else _why_gone(draft.configuration, address)
    draft.changes[address] = delete(record, reason, known.kind(record), known.schema(record), known.live(record))


def _why_gone(configuration: Configuration, address: Address) -> Reason:
    if configuration.is_disabled(address):
        return Reason.DISABLED
    if address.instance is not None and configuration.has_declaration(address):
        return Reason.EACH_KEY
    return Reason.NOT_IN_FILE


def _finish(draft: _Draft, graph: ResourceGraph, *, complete: bool, destroy: bool) -> Plan:
    state, changes = draft.known.state, tuple(draft.changes[a] for a in in_file_order(draft.changes))
    found = twins(changes, draft.configuration, draft.known.observed, state)
    if found:
        raise DiagnosticError(found)
    plan = Plan(state.stack, state.env, state.lineage, state.serial, changes)
    return replace(
        plan,
        stages=order.order(changes, graph.desired, graph.applied),
        settled=draft.settled,
        unchanged=draft.unchanged,
        outputs=output_changes(draft.configuration, state, draft.attributes, draft.seal, destroy=destroy),
        skipped=draft.known.observed.skipped,
        unmanaged=_unmanaged(draft.known.observed, state),
        diagnostics=draft.configuration.warnings,
        complete=complete,
        read=draft.known.observed.read,
        applied_by=state.origin,
        destroy=destroy,
    )


def _unmanaged(observed: Observed, state: State) -> dict[str, int]:
    """Live objects of each provider instance that no record names."""
    ours: set[tuple[KindKey, str]] = {(key_of(record), record.id) for record in state.records.values()}
    counts: dict[str, int] = {}
    for key, objects in observed.objects.items():
        foreign = sum((key, id) not in ours for id in objects)
        if foreign:
            counts[key[0]] = counts.get(key[0], 0) + foreign
    return dict(sorted(counts.items()))


