"""Makes the plan: goes through the graph in order and decides, for each address, what happens to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from stackfile.address import Address
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.graph.build import ResourceGraph, build, in_file_order
from stackfile.graph.dag import Cycle
from stackfile.language.stackfile import Catalog, Configuration
from stackfile.plan.deposed import with_deposed
from stackfile.plan.draft import Draft
from stackfile.plan.each import learn, leave, plan_declared, plan_gone
from stackfile.plan.first import made_first
from stackfile.plan.flow import flow_circle
from stackfile.plan.handed import Handed
from stackfile.plan.holding import holds_of
from stackfile.plan.ignored import expired
from stackfile.plan.known import Known, unmanaged
from stackfile.plan.lookups import demanded, find_lookups, ids_of, lacking
from stackfile.plan.moves import find_moves
from stackfile.plan.observed import Observed
from stackfile.plan.order import stages
from stackfile.plan.outputs import output_changes
from stackfile.plan.plan import Change, Plan, Skipped, Stage
from stackfile.plan.question import Question
from stackfile.plan.reach import providers_of
from stackfile.plan.renames import looks_like_renames
from stackfile.plan.select import select
from stackfile.plan.silence import left_out_with
from stackfile.plan.twins import claims
from stackfile.plan.uncompared import unknown_secrets
from stackfile.plan.unverified import Unverified
from stackfile.plan.users import with_users
from stackfile.plan.wishes import Standing, Wishes, granted
from stackfile.state.format import State
from stackfile.state.secrets import Seal


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
    draft = Draft(configuration, known, seal, Unverified(seal), handed, question.now, first)
    if found.problems and question.demands_lookups:
        planned = None if question.selection.everything else set(graph.desired) - left_out
        draft.problems.extend(demanded(found.problems, configuration, planned))
    draft.uncompared = unknown_secrets(configuration.variables)
    draft.holds = holds_of(state, question.now)
    if question.wishes != Wishes():
        draft.wishes = granted(question.wishes, Standing.of(configuration, state, left_out))
    _decide_all(draft, graph, question, left_out)
    circle = flow_circle(configuration, draft.desired, draft.known)
    if circle is not None:
        draft.problems.append(circle)
    if draft.problems:
        raise DiagnosticError(draft.problems)
    changes = handed.take_along(draft.changes, draft.known)
    draft.unchanged -= len(changes) - len(draft.changes)
    draft.changes = with_users(changes, draft)
    return replace(_finish(draft, graph, question, skipped), moves=moves.pairs, looked_up=found.looked_up)


def _decide_all(draft: Draft, graph: ResourceGraph, question: Question, left_out: Collection[Address]) -> None:
    for address in graph.order:
        if left_out and address in left_out:
            leave(draft, address)
        elif question.refresh_only:
            learn(draft, address)
        elif address in graph.desired:
            plan_declared(draft, draft.configuration.resources[address])
        else:
            plan_gone(draft, address, destroy=question.destroy)
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


def _finish(draft: Draft, graph: ResourceGraph, question: Question, skipped: tuple[Skipped, ...]) -> Plan:
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
        stages=_ordered(draft, graph, changes, claimed.vacated),
        settled=dict(sorted(draft.settled.items(), key=lambda one: one[0].rank)),
        unchanged=draft.unchanged,
        outputs=output_changes(configuration, state, draft.attributes, draft.seal, destroy=ends),
        skipped=skipped,
        pending=question.pending,
        unmanaged=unmanaged(known.observed, state, ids_of(configuration, known.looked_up)),
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


def _ordered(
    draft: Draft, graph: ResourceGraph, changes: tuple[Change, ...], vacated: Mapping[Address, Stage]
) -> Mapping[Stage, tuple[Stage, ...]]:
    """Raises DiagnosticError that names a cycle in full, and the renames that may be behind it."""
    try:
        return stages(changes, graph, vacated)
    except DiagnosticError as error:
        renames = looks_like_renames(draft.changes, draft.configuration, draft.known.state, draft.seal)
        raise DiagnosticError([*error.diagnostics, *renames]) from None


def _warnings(draft: Draft, question: Question) -> tuple[Diagnostic, ...]:
    configuration, state = draft.configuration, draft.known.state
    return (
        *configuration.warnings,
        *expired(configuration, question.now),
        *draft.unverified.warnings(),
        *looks_like_renames(draft.changes, configuration, state, draft.seal),
    )
