"""Makes the plan: goes through the graph in order and decides, for each address, what happens to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import ResourceGraph, build, in_file_order
from stackfile.graph.dag import Cycle
from stackfile.language.moved import Import
from stackfile.language.stackfile import Catalog, Configuration, Resource
from stackfile.plan.copies import look_at
from stackfile.plan.decide import Subject, decide, delete, has_moved, left_alive
from stackfile.plan.deposed import with_deposed
from stackfile.plan.first import made_first, with_new_first
from stackfile.plan.handed import Handed
from stackfile.plan.holding import STATUS, Holds, holds_of, kept_in_new
from stackfile.plan.ignored import expired, ignored_paths
from stackfile.plan.known import Known, opened, unmanaged
from stackfile.plan.lookups import demanded, find_lookups, lacking
from stackfile.plan.mask import mask
from stackfile.plan.moves import find_moves
from stackfile.plan.observed import Observed
from stackfile.plan.order import stages
from stackfile.plan.outputs import output_changes
from stackfile.plan.plan import Action, Change, Learned, PendingIntent, Plan, Reason, Settled, Skipped
from stackfile.plan.propose import attributes_of_new
from stackfile.plan.reach import providers_of
from stackfile.plan.renames import looks_like_renames
from stackfile.plan.select import Selection, select
from stackfile.plan.silence import left_out_with
from stackfile.plan.triggers import pulled
from stackfile.plan.twins import claims
from stackfile.plan.uncompared import as_applied, unknown_secrets
from stackfile.plan.unverified import Unverified
from stackfile.plan.wishes import Standing, Wish, Wishes, granted
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Sealed, Tree, contains


@dataclass(frozen=True, slots=True)
class Question:
    """What the plan is asked to be: `destroy` wants everything gone, `refresh_only` nothing live changed. It `reads`
    what is live, or trusts the state's copies. `pending` are intents that nobody judged yet. `now` is what ends `until`
    days; None: none has passed. `imports` are wanted beside those of the stackfile. It is `held` against a saved plan:
    a lookup that finds nothing leaves out what needs it, for the comparison to tell."""

    selection: Selection = field(default_factory=Selection)
    destroy: bool = False
    pending: tuple[PendingIntent, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    now: datetime | None = None
    refresh_only: bool = False
    reads: bool = True
    imports: tuple[Import, ...] = ()
    held: bool = False

    @property
    def may_import(self) -> bool:
        """Whether objects that are there may become ours: only one that was looked at, and is to stay."""
        return self.reads and not self.destroy and not self.refresh_only

    @property
    def demands_lookups(self) -> bool:
        return not (self.destroy or self.refresh_only or self.held)


@dataclass
class _Draft:
    """A plan in the making. Attributes of a resource are made when another one asks for them."""

    configuration: Configuration
    known: Known
    seal: Seal
    unverified: Unverified
    handed: Handed
    now: datetime | None = None
    first: frozenset[Address] = frozenset()
    changes: dict[Address, Change] = field(default_factory=dict)
    settled: dict[Address, Settled] = field(default_factory=dict)
    desired: dict[Address, Tree] = field(default_factory=dict)
    failed: set[Address] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    unchanged: int = 0
    cache: dict[Address, Tree] = field(default_factory=dict)
    learned: dict[Address, Learned] = field(default_factory=dict)
    uncompared: tuple[str, ...] = ()
    holds: Holds = field(default_factory=Holds)
    wishes: Mapping[Address, Wish] = field(default_factory=dict)

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
        resource, record = self.configuration.resources.get(address), self.known.state.records.get(address)
        if resource is not None and desired is not None and change is not None:
            if change.action in (Action.CREATE, Action.REPLACE):
                return attributes_of_new(address, resource.kind, resource.schema, desired)
        elif resource is not None and desired is None and record is not None and contains(record.applied, Sealed):
            desired = opened(address, record.applied, self.resolve(resource, record), self.seal)
        return self.known.attributes(address, desired)

    def resolve(self, resource: Resource, record: Record | None) -> Tree:
        kept = record.name if record is not None else None
        desired = mask(resource.schema, self.configuration.resolve(resource, self.attributes, kept))
        return as_applied(desired, record.applied) if record is not None and self.uncompared else desired


def make_plan(
    configuration: Configuration, state: State, observed: Observed, catalog: Catalog, seal: Seal, question: Question
) -> Plan:
    """The plan that takes the live system to what the stackfile says, or to nothing when asked to destroy.

    Raises DiagnosticError for everything that is wrong with the stackfile in the light of what exists.
    """
    moves = find_moves(configuration.handover, state, question.pending)
    state, question = moves.state(state), replace(question, pending=moves.pending(question.pending))
    handed = Handed.of(configuration.handover, moves)
    graph = resource_graph(configuration, state, destroy=question.destroy)
    skipped = left_out_with(graph, configuration, state, observed)
    left_out = {address for one in skipped for address in one.addresses}
    if not question.selection.everything:
        providers = providers_of(configuration, state)
        left_out |= set(graph.order) - select(question.selection, graph, providers, moves.previous)
    found, first = find_lookups(configuration, observed), made_first(configuration)
    if question.held:
        left_out |= lacking(found.problems, configuration, graph)
    wanted = (*configuration.handover.imports, *question.imports) if question.may_import else ()
    state = handed.take_in(configuration, state, observed, wanted, left_out)
    known = Known(state, observed, catalog, found.attributes)
    draft = _Draft(configuration, known, seal, Unverified(seal), handed, question.now, first)
    if found.problems and question.demands_lookups:
        planned = None if question.selection.everything else set(graph.desired) - left_out
        draft.problems.extend(demanded(found.problems, configuration, planned))
    draft.uncompared = unknown_secrets(configuration.variables)
    draft.holds = holds_of(state, question.now)
    if question.wishes != Wishes():
        draft.wishes = granted(question.wishes, Standing.of(configuration, state, left_out))
    _decide_all(draft, graph, question, left_out)
    if draft.problems:
        raise DiagnosticError(draft.problems)
    changes = handed.take_along(draft.changes, draft.known)
    draft.unchanged -= len(changes) - len(draft.changes)
    draft.changes = changes
    return replace(_finish(draft, graph, question, skipped), moves=moves.pairs, looked_up=found.looked_up)


def _decide_all(draft: _Draft, graph: ResourceGraph, question: Question, left_out: Collection[Address]) -> None:
    for address in graph.order:
        if left_out and address in left_out:
            _leave(draft, address)
        elif question.refresh_only:
            _look_at(draft, address)
        elif address in graph.desired:
            _plan_declared(draft, draft.configuration.resources[address])
        else:
            _plan_gone(draft, address, destroy=question.destroy)
    if not question.refresh_only:
        changes = with_deposed(draft.changes, draft.known, {*left_out, *draft.failed})
        draft.unchanged -= len(changes) - len(draft.changes)
        draft.changes = changes


def resource_graph(configuration: Configuration, state: State, *, destroy: bool) -> ResourceGraph:
    """Raises DiagnosticError that names a cycle in full."""
    resources = configuration.resources
    desired = {} if destroy else {address: resource.dependencies for address, resource in resources.items()}
    try:
        return build(desired, {a: record.needs for a, record in state.records.items()})
    except Cycle as cycle:
        path = " -> ".join(str(address) for address in cycle.path)
        place = configuration.span(resources[cycle.path[0]])
        span, source = place if place is not None else (None, None)
        says = f"these resources need each other: {path}"
        help = ("Take one of these references away, or split a resource.",)
        raise DiagnosticError([Diagnostic("cycle", says, span=span, source=source, help=help)]) from None


def _leave(draft: _Draft, address: Address) -> None:
    """Not part of this plan: others see it as the state has it."""
    if address in draft.known.state.records:
        draft.unchanged += 1


def _look_at(draft: _Draft, address: Address) -> None:
    """What the state would come to know of a resource, whatever the file says of it."""
    known, record = draft.known, draft.known.state.records.get(address)
    if record is None:
        return
    found = look_at(record, known.kind(record), known.schema(record), known.live(record))
    if isinstance(found, Change):
        draft.changes[address] = found
        return
    if found is not None:
        draft.learned[address] = found
    draft.unchanged += found is None or not found.fields


def _plan_declared(draft: _Draft, resource: Resource) -> None:
    address, known = resource.address, draft.known
    record = known.state.records.get(address)
    desired = _resolve(draft, resource, record)
    if desired is None:
        draft.failed.add(address)
        return
    draft.desired[address] = desired
    live, was = None, None
    if record is not None:
        live = known.live(record)
        was = (known.kind(record), known.schema(record)) if has_moved(resource, record) else None
        record = draft.handed.record(resource, desired, record, known, draft.seal)
    wish = draft.wishes.get(address, Wish.NONE)
    try:
        verdict = decide(_subject(draft, Subject(resource, desired, record, live, was=was, wish=wish)), draft.seal)
        if isinstance(verdict, Change) and verdict.replaces and record is not None and address in draft.first:
            verdict = with_new_first(verdict, resource, record, draft.changes, draft.configuration)
        change = draft.handed.change(record, verdict, known)
    except DiagnosticError as error:
        draft.problems.extend(error.diagnostics)
        return
    if change is not None:
        hold = draft.holds.active.get(address)
        draft.changes[address] = kept_in_new(change, resource.schema, hold) if hold is not None else change
    if change is not None or isinstance(verdict, Change):
        return
    draft.unchanged += 1
    if record is not None and verdict is not record.applied and resource.schema.has_secrets:
        draft.unverified.look(resource, record)
    _settle(draft, resource, record, verdict)


def _subject(draft: _Draft, subject: Subject) -> Subject:
    """With what the lifecycle says, and what happens to others, where there is any of it."""
    resource, lifecycle = subject.resource, subject.resource.lifecycle
    replaced = _replaced(draft, resource)
    held = (STATUS,) if resource.address in draft.holds.active else ()
    if not (replaced or held or lifecycle.ignore_changes or lifecycle.replace_triggered_by):
        return subject
    ignored = (*ignored_paths(resource, draft.now), *held)
    first = frozenset(one for one in replaced if draft.changes[one].create_first)
    triggered = pulled(resource, draft.changes)
    return replace(subject, replaced=replaced, made_first=first, ignored=ignored, triggered=triggered)


def _resolve(draft: _Draft, resource: Resource, record: Record | None) -> Tree | None:
    if draft.failed and any(need in draft.failed for need in resource.dependencies):
        return None
    try:
        return draft.resolve(resource, record)
    except DiagnosticError as error:
        draft.problems.extend(error.diagnostics)
        return None


def _replaced(draft: _Draft, resource: Resource) -> frozenset[Address]:
    """Of what the resource needs, that which goes and comes."""
    if not draft.changes or not resource.dependencies:
        return frozenset()
    changes = ((need, draft.changes.get(need)) for need in resource.dependencies)
    return frozenset(need for need, change in changes if change is not None and change.replaces)


def _settle(draft: _Draft, resource: Resource, record: Record | None, applied: Tree) -> None:
    if record is None:
        return
    protected = resource.lifecycle.prevent_destroy
    if (applied, resource.dependencies, protected) != (record.applied, record.dependencies, record.prevent_destroy):
        draft.settled[resource.address] = Settled(applied, resource.dependencies, protected)


def _plan_gone(draft: _Draft, address: Address, *, destroy: bool) -> None:
    known = draft.known
    record = known.state.records[address]
    reason = Reason.DESTROY if destroy else _why_gone(draft.configuration, address)
    change = delete(record, reason, known.kind(record), known.schema(record), known.live(record))
    if draft.handed.removals.stays_alive(address) or address in draft.configuration.lookups:
        change = left_alive(change)
    declared = draft.configuration.resources.get(address)
    if declared is not None:  # the file has the last word on what it declares
        protected = declared.lifecycle.prevent_destroy
        change = replace(change, prevent_destroy=protected, timeouts=declared.timeouts)
    draft.changes[address] = change


def _why_gone(configuration: Configuration, address: Address) -> Reason:
    if configuration.is_disabled(address):
        return Reason.DISABLED
    if not configuration.has_module(address.modules):
        return Reason.NO_MODULE
    if address.instance is not None and configuration.has_declaration(address):
        return Reason.EACH_KEY
    return Reason.NOT_IN_FILE


def _finish(draft: _Draft, graph: ResourceGraph, question: Question, skipped: tuple[Skipped, ...]) -> Plan:
    configuration, known, destroy = draft.configuration, draft.known, question.destroy
    state, changes = known.state, tuple(draft.changes[a] for a in in_file_order(draft.changes))
    pending = {one.address for one in question.pending}
    ends = destroy and question.selection.everything
    claimed = claims(changes, configuration, known.observed, state, pending)
    if claimed.problems:
        raise DiagnosticError(claimed.problems)
    return Plan(
        state.stack,
        state.env,
        state.lineage,
        state.serial,
        changes,
        stages=stages(changes, graph, claimed.vacated),
        settled=dict(sorted(draft.settled.items(), key=lambda one: one[0].rank)),
        unchanged=draft.unchanged,
        outputs=output_changes(configuration, state, draft.attributes, draft.seal, destroy=ends),
        skipped=skipped,
        pending=question.pending,
        unmanaged=unmanaged(known.observed, state),
        missing=known.observed.missing,
        diagnostics=_warnings(draft, question),
        complete=question.selection.everything and not skipped,
        read=known.observed.read,
        applied_by=state.origin,
        destroy=destroy,
        uncompared=draft.uncompared,
        refresh_only=question.refresh_only,
        learned=draft.learned,
        holds={address: hold for address, hold in draft.holds.active.items() if address in draft.desired},
        lapsed={address: hold for address, hold in draft.holds.lapsed.items() if address in draft.desired},
    )


def _warnings(draft: _Draft, question: Question) -> tuple[Diagnostic, ...]:
    configuration, state = draft.configuration, draft.known.state
    return (
        *configuration.warnings,
        *expired(configuration, question.now),
        *draft.unverified.warnings(),
        *looks_like_renames(draft.changes, configuration, state, draft.seal),
    )
