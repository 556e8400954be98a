"""Whether a saved plan still holds: compares it with the plan that the same question gets now, address by address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from stackfile.address import Address
from stackfile.graph.build import ResourceGraph
from stackfile.language.stackfile import Configuration
from stackfile.plan.decide import normal_live
from stackfile.plan.fingerprint import check_of, check_of_lookup, lookups_of
from stackfile.plan.known import Known
from stackfile.plan.lookups import lacking
from stackfile.plan.mask import mask, mask_like
from stackfile.plan.order import cut_to
from stackfile.plan.plan import Change, Plan
from stackfile.plan.planner import resource_graph
from stackfile.plan.saved import ABSENT, UNREAD, Check, SavedPlan
from stackfile.plan.uncompared import is_uncompared
from stackfile.plan.veil import Veil
from stackfile.state.secrets import Seal
from stackfile.values import Path, Sensitive, Tree, Value, get, leaves


class Why(Enum):
    """What moved of an address since the plan was made."""

    STATE = "state"
    """It was applied, or taken out of the state."""
    CONFIG = "config"
    LIVE = "live"
    GONE = "gone"
    """The live object is not there any more, or is there again."""
    NEED = "need"
    """Something that it needs moved, or would change too."""
    LOOKUP = "lookup"
    """What it looks up is another object now, or is not there."""
    SILENT = "silent"
    """Its provider does not answer."""
    OPEN = "open"
    """A call of an earlier run on it has no recorded answer."""
    OTHER = "other"
    """All that is remembered stands, and yet the change would be another one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field at plan, and now. `None` is not there; secrets are `Sensitive`, with nothing in them."""

    path: Path
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Moved:
    """One planned change that no longer holds. `needs` is what it needs that moved; `settled` that nothing is left to
    do for it; `secret` that, of its config, only what is secret has moved."""

    address: Address
    why: Why
    differences: tuple[Difference, ...] = ()
    needs: Address | None = None
    settled: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a saved plan: `plan` is all of it that holds, `moved` what does not.

    `checked` counts the live objects that were looked at; `held` are the planned changes that need none of the moved
    ones; `variables` have other values than at plan; `outputs` would come out otherwise, and are left as they are.
    """

    plan: Plan
    moved: tuple[Moved, ...]
    held: tuple[Address, ...]
    checked: int = 0
    variables: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    """Providers that are connected to something else now."""


@dataclass(frozen=True, slots=True)
class Today:
    """How things are now: the fresh plan to the saved plan's question, and what it was made from.

    `excluded` are addresses, with all that needs them, that the user leaves out.
    """

    plan: Plan
    known: Known
    configuration: Configuration
    seal: Seal
    veil: Veil
    excluded: frozenset[Address] = frozenset()


def compare(saved: SavedPlan, today: Today) -> Standing:
    """Nothing that the saved plan does not have is in the result's plan."""
    silent = {address for one in today.plan.skipped for address in one.addresses}
    opened = {one.address for one in today.plan.pending}
    fresh = {change.address: change for change in today.plan.changes}
    graph = resource_graph(today.configuration, today.known.state, destroy=saved.plan.destroy)
    touched = {change.address for change in saved.plan.changes}
    lost = lacking(_lost(today), today.configuration, graph)
    comparison = _Comparison(saved, today, fresh, silent, opened, touched, lost)
    planned = [change for change in saved.plan.changes if change.address not in today.excluded]
    moved = tuple(found for found in map(comparison.moved, planned) if found is not None)
    dragged = _with_dependents([one.address for one in moved], planned, graph)
    held = tuple(change.address for change in planned if change.address not in dragged)
    outputs = _outputs(saved, today)
    return Standing(
        plan=_narrowed(today.plan, saved.plan, {change.address for change in planned}, outputs),
        moved=moved,
        held=held,
        checked=sum(saved.checks[change.address].live not in (ABSENT, UNREAD) for change in planned),
        variables=changed_variables(saved, today.configuration, today.seal),
        outputs=outputs,
        elsewhere=_elsewhere(saved, today),
    )


def variable_digests(configuration: Configuration, seal: Seal) -> Mapping[str, str]:
    return {name: seal.digest([value]) for name, value in configuration.variables.items() if not is_uncompared(value)}


def changed_variables(saved: SavedPlan, configuration: Configuration, seal: Seal) -> tuple[str, ...]:
    now = variable_digests(configuration, seal)
    return tuple(name for name in saved.variables if now.get(name) != saved.variables[name])


@dataclass(frozen=True, slots=True)
class _Comparison:
    saved: SavedPlan
    today: Today
    fresh: Mapping[Address, Change]
    silent: Collection[Address]
    opened: Collection[Address]
    touched: Collection[Address]
    lost: Collection[Address]
    """What could not be planned, as something that is looked up was not found."""

    def moved(self, planned: Change) -> Moved | None:
        address, now = planned.address, self.fresh.get(planned.address)
        if address in self.opened or address in self.silent:
            return Moved(address, Why.OPEN if address in self.opened else Why.SILENT)
        found = self._looked_up(planned) or self._own(planned, now) or self._needs(planned)
        if found is None and (now is None or not same_change(planned, self.today.veil.change(now))):
            found = Moved(address, Why.OTHER, _fields(planned, now), settled=now is None)
        return found

    def _looked_up(self, planned: Change) -> Moved | None:
        today = self.today
        for holder in (planned.address, *(need for need in planned.depends_on if need not in self.touched)):
            for one in lookups_of(holder, today.configuration):
                check = check_of_lookup(one, today.known, today.configuration, today.seal)
                before = self.saved.checks.get(one, check)
                if check.live != before.live or (holder in self.lost and check.live == ABSENT):
                    ids = Difference(("id",), before.id or None, check.id or None)
                    return Moved(planned.address, Why.LOOKUP, (ids,), needs=one)
        if planned.address in self.lost:
            through = next((need for need in planned.depends_on if need in self.lost), None)
            return Moved(planned.address, Why.NEED, needs=through)
        return None

    def _check(self, address: Address, change: Change | None) -> Check:
        today = self.today
        found = check_of(address, change, today.known, today.configuration, today.seal, today.plan.made_at)
        unread = self.saved.checks[address].live == UNREAD
        return replace(found, live=UNREAD) if unread else found

    def _own(self, planned: Change, now: Change | None) -> Moved | None:
        """What moved of the address itself. `now` is None where nothing is left to do, by the file or by what is."""
        address, before, settled = planned.address, self.saved.checks[planned.address], now is None
        wish = now.desired if now is not None else self._resolved(address)
        check = self._check(address, replace(now or planned, desired=wish))
        if check.record != before.record:
            return Moved(address, Why.STATE, settled=settled)
        if check.config != before.config:
            found = self._wishes(planned, wish)
            secret = planned.desired is not None and wish is not None and not found
            return Moved(address, Why.CONFIG, found, settled=settled, secret=secret)
        if (check.live == ABSENT) != (before.live == ABSENT):
            return Moved(address, Why.GONE, settled=settled)
        if check.live != before.live:
            return Moved(address, Why.LIVE, self._seen(planned), settled=settled)
        return None

    def _resolved(self, address: Address) -> Tree | None:
        """What the stackfile says of a resource that needs no change any more."""
        configuration, known = self.today.configuration, self.today.known
        resource, record = configuration.resources.get(address), known.state.records.get(address)
        if resource is None or self.saved.plan.destroy:
            return None
        kept = record.name if record is not None else None
        return mask(resource.schema, configuration.resolve(resource, known.attributes, kept))

    def _wishes(self, planned: Change, wish: Tree | None) -> tuple[Difference, ...]:
        if planned.desired is None or wish is None:
            return ()
        return _differences(planned.desired, self.today.veil.wish(planned.address, wish))

    def _seen(self, planned: Change) -> tuple[Difference, ...]:
        """The fields of the live object that differ from what the plan saw."""
        known, record = self.today.known, self.today.known.state.records[planned.address]
        live = known.live(record)
        if live is None or planned.live is None:
            return ()
        tree = mask_like(normal_live(known.schema(record), live), record.applied)
        now = self.today.veil.value(mask_like(tree, planned.desired or {}))
        found = _differences(planned.live, now if isinstance(now, Mapping) else {})
        watched = {one.path[0] for one in planned.fields} | {*(planned.desired or {}), *record.applied}
        return tuple(one for one in found if one.path[0] in watched) or found

    def _needs(self, planned: Change) -> Moved | None:
        for need in planned.depends_on:
            if need in self.touched or need not in self.saved.checks:
                continue
            before, check = self.saved.checks[need], self._check(need, None)
            if need in self.fresh or (check.record, check.live) != (before.record, before.live):
                return Moved(planned.address, Why.NEED, needs=need)
        return None


def _lost(today: Today) -> list[Address]:
    """The lookups that found nothing, though their provider was read."""
    found, silent = today.known.looked_up, today.known.observed.left_out
    return [at for at, one in today.configuration.lookups.items() if at not in found and one.provider not in silent]


def same_change(planned: Change, now: Change) -> bool:
    """Whether two changes, both veiled, do the same to the same thing."""

    def gist(change: Change) -> object:
        fields = [(one.path, one.before, one.after, one.forces_replacement) for one in change.fields]
        taken = (change.previous_address, change.importing.id if change.importing is not None else None)
        made = (change.create_first, change.deposed)
        return (change.action, change.provider, change.section, change.kind, change.name, fields, taken, made)

    return gist(planned) == gist(now) and now.impact <= planned.impact


def _fields(planned: Change, now: Change | None) -> tuple[Difference, ...]:
    known = {one.path for one in planned.fields}
    more = [one for one in now.fields if one.path not in known] if now is not None else []
    return tuple(Difference(one.path, one.before, one.after) for one in more)


def _differences(before: Tree, after: Tree) -> tuple[Difference, ...]:
    paths = dict.fromkeys([*_paths(before), *_paths(after)])
    sides = ((path, get(before, path), get(after, path)) for path in paths)
    return tuple(Difference(path, old, new) for path, old, new in sides if old != new)


def _paths(tree: Tree) -> Iterable[Path]:
    """Of the leaves, lists as a whole."""
    for path, _ in leaves(tree):
        yield path[: next((at for at, step in enumerate(path) if isinstance(step, int)), len(path))]


def _with_dependents(moved: list[Address], planned: list[Change], graph: ResourceGraph) -> set[Address]:
    """The moved with all of the plan that cannot go on without them."""
    held = graph.kept_back(one for one in moved if one in graph.order)
    held |= set(moved)
    while True:
        more = {c.address for c in planned if c.address not in held and not held.isdisjoint(c.depends_on)}
        more = {address for address in more if address in graph.desired}
        if not more:
            return held
        held |= more


def _narrowed(fresh: Plan, saved: Plan, wanted: set[Address], but: Collection[str]) -> Plan:
    """The fresh plan without all that was not planned, or is not wanted. `but` are outputs to be left out."""
    names = {output.name for output in saved.outputs}.difference(but)
    plan = cut_to(fresh, wanted)
    return replace(
        plan,
        settled={address: one for address, one in fresh.settled.items() if address in saved.settled},
        outputs=tuple(output for output in fresh.outputs if output.name in names),
        learned={address: one for address, one in fresh.learned.items() if address in saved.learned},
        complete=plan.complete and saved.complete,
    )


def _outputs(saved: SavedPlan, today: Today) -> tuple[str, ...]:
    """Outputs that would come out otherwise than planned, for another reason than what was left out."""
    now = {one.name: today.veil.value(one.after) for one in today.plan.outputs}
    declared = today.configuration.outputs
    found: list[str] = []
    for planned in saved.plan.outputs:
        output = declared.get(planned.name)
        if output is not None and not today.excluded.isdisjoint(output.dependencies):
            continue
        if _bare(now.get(planned.name)) != _bare(planned.after):
            found.append(planned.name)
    return tuple(found)


def _bare(value: Value) -> Value:
    return None if isinstance(value, Sensitive) else value


def _elsewhere(saved: SavedPlan, today: Today) -> tuple[str, ...]:
    scopes = today.known.observed.scopes
    return tuple(name for name, scope in saved.scopes.items() if scope and scopes.get(name) not in (None, "", scope))
