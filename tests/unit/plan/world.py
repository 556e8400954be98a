"""A stack as text: what was applied, what became of it meanwhile, and the plan for what the file says now.

world = World.applied('streams: {clicks: {partitions: 3}}')
world.drift("streams.clicks", partitions=4)
world.plan('streams: {clicks: {partitions: 3}}')  # "~ streams.clicks partitions: 4 -> 3 [drift]"
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stackfile.address import Address
from stackfile.graph.dag import topological
from stackfile.language.load import load
from stackfile.language.stackfile import Configuration, Inputs
from stackfile.plan.applied import to_applied
from stackfile.plan.decide import normal_live
from stackfile.plan.ignored import compared, kept, with_kept
from stackfile.plan.known import key_of
from stackfile.plan.lookups import find_lookups
from stackfile.plan.mask import mask
from stackfile.plan.observed import Observed
from stackfile.plan.plan import UNSET, Action, Change, FieldChange, Origin, Plan, Skipped, Stage, Verb
from stackfile.plan.planner import make_plan, resource_graph
from stackfile.plan.question import Question
from stackfile.plan.select import Selection
from stackfile.plan.wishes import Wishes
from stackfile.sdk.provider import Live
from stackfile.sdk.traits import Impact, Trait
from stackfile.state.format import Record, State, StoredOutput
from stackfile.state.secrets import Seal
from stackfile.values import Ref, Sealed, Sensitive, Tree, Unknown, Value, drop, print_path, put, reveal
from tests.unit.plan.cloud import CloudCatalog, Streams

CATALOG = CloudCatalog()
HEAD = "version: 1\nname: test\ndefaults: {provider: cloud}\n"


def seal_of(key: bytes = b"k" * 32) -> Seal:
    """A seal whose salts are counted, so that what it makes is the same in every run."""
    count = itertools.count()
    return Seal.of(key, lambda: f"salt{next(count)}")


def configured(text: str, **var: str) -> Configuration:
    """A stackfile in which only sections are written, or all of it when it begins with `version:`."""
    whole = text if text.startswith("version:") else HEAD + text
    return load(whole.encode(), "stack.yaml", Inputs(var=var), CATALOG)


def address(text: str) -> Address:
    return Address.parse(text)


@dataclass
class World:
    """A state, and a live system, both of this test's making."""

    state: State = field(default_factory=lambda: State("test", "default", "lineage", 1))
    live: dict[Address, Live] = field(default_factory=dict)
    foreign: dict[tuple[str, str, str], dict[str, Live]] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    seal: Seal = field(default_factory=seal_of)
    made: dict[Address, int] = field(default_factory=dict)
    """How often an object was made for an address: each gets an id of its own."""
    looked_up: Mapping[Address, Tree] = field(default_factory=dict)
    """What the file that is applied refers to and does not manage."""

    @classmethod
    def applied(cls, text: str, **var: str) -> World:
        """The world after this file was applied and nothing else happened."""
        world = cls()
        configuration = configured(text, **var)
        for one in resource_graph(configuration, world.state, destroy=False).order:
            world._make(configuration, one)
        outputs = {
            name: StoredOutput(world._output(configuration, name), output.sensitive)
            for name, output in configuration.outputs.items()
        }
        world.state = replace(world.state, outputs=outputs)
        return world

    def _make(self, configuration: Configuration, one: Address) -> None:
        resource = configuration.resources[one]
        desired = mask(resource.schema, configuration.resolve(resource, self._attributes))
        plain = {name: reveal(value) for name, value in desired.items()}
        read = {name: value for name, value in plain.items() if not _is_kept_back(resource.schema.fields[name].traits)}
        id = Streams.stable_id(plain) if resource.kind.section == "streams" else self._new_id(one)
        record = Record(
            address=one,
            provider=resource.provider,
            service=resource.service,
            section=resource.kind.section,
            kind=resource.kind.name,
            scope="cloud:test",
            id=id,
            name=str(plain["name"]),
            applied=to_applied(desired, {}, self.seal),
            dependencies=resource.dependencies,
            prevent_destroy=resource.lifecycle.prevent_destroy,
        )
        self.state = replace(self.state, records={**self.state.records, one: record})
        self.live[one] = Live(id, {**read, **({"endpoint": f"tcp://{one.key}"} if one.section == "sources" else {})})

    def _new_id(self, one: Address) -> str:
        self.made[one] = self.made.get(one, 0) + 1
        return f"id-{one}" if self.made[one] == 1 else f"id-{one}-{self.made[one]}"

    def _attributes(self, one: Address) -> Tree | None:
        if one in self.looked_up:
            return self.looked_up[one]
        record = self.state.records.get(one)
        return {**self.live[one].fields, "id": record.id, "name": record.name} if record is not None else None

    def _output(self, configuration: Configuration, name: str) -> Value:
        value = configuration.resolve_output(configuration.outputs[name], self._attributes)
        return self.seal.seal(value) if isinstance(value, Sensitive) else value

    def record(self, one: str) -> Record:
        return self.state.records[address(one)]

    def rewrite(self, one: str, **parts: Any) -> None:
        """Changes a record in the state."""
        changed = replace(self.record(one), **parts)
        self.state = replace(self.state, records={**self.state.records, address(one): changed})

    def drift(self, one: str, **fields: Any) -> None:
        """Somebody changed a live object; None takes a field away."""
        live = self.live[address(one)]
        after = {name: value for name, value in {**live.fields, **fields}.items() if value is not None}
        self.live[address(one)] = replace(live, fields=after)

    def lose(self, one: str) -> None:
        """Somebody deleted a live object."""
        del self.live[address(one)]

    def meet(self, section: str, id: str, **fields: Any) -> None:
        """Somebody else's object."""
        self.foreign.setdefault(("cloud", section, section.removesuffix("s")), {})[id] = Live(id, fields)

    def silence(self, provider: str, says: str = "connection refused") -> None:
        self.skipped += (Skipped(provider, says, ()),)

    @property
    def observed(self) -> Observed:
        silent = {one.provider for one in self.skipped}
        objects: dict[tuple[str, str, str], dict[str, Live]] = {key: dict(one) for key, one in self.foreign.items()}
        for one, live in self.live.items():
            key = key_of(self.state.records[one])
            if key[0] not in silent:
                objects.setdefault(key, {})[live.id] = live
        return Observed(objects, skipped=self.skipped)

    def make_plan(self, text: str, question: Question | None = None, **var: str) -> Plan:
        configuration = configured(text, **var)
        return make_plan(configuration, self.state, self.observed, CATALOG, self.seal, question or Question())

    def apply(self, text: str, seen: Callable[[Stage], None] = lambda stage: None) -> Plan:
        """Does what the plan says, a stage at a time, in an order that its stages allow. Returns the plan."""
        configuration, plan = configured(text), self.make_plan(text)
        self._settle(plan)
        self.looked_up = find_lookups(configuration, self.observed).attributes
        changes = {change.address: change for change in plan.changes}
        for stage in topological(plan.stages):
            seen(stage)
            one, verb = stage
            if verb is Verb.CREATE:
                self._make(configuration, one)
            elif verb is Verb.UPDATE:
                self._update(configuration, changes[one])
            else:
                self.live.pop(one, None)
                records = {other: record for other, record in self.state.records.items() if other != one}
                self.state = replace(self.state, records=records)
        outputs = {one.name: StoredOutput(one.after) for one in plan.outputs if one.after is not None}
        self.state = replace(self.state, outputs=outputs)
        return plan

    def _settle(self, plan: Plan) -> None:
        for one, settled in plan.settled.items():
            self.rewrite(
                str(one),
                applied=settled.applied,
                dependencies=settled.dependencies,
                prevent_destroy=settled.prevent_destroy,
            )

    def _update(self, configuration: Configuration, change: Change) -> None:
        """Sends what differs, as apply does: once all is known it is compared again."""
        resource, record = configuration.resources[change.address], self.state.records[change.address]
        wish = mask(resource.schema, configuration.resolve(resource, self._attributes, record.name))
        live = self.live[change.address]
        fields: dict[str, Any] = dict(live.fields)
        seen = normal_live(resource.schema, live)
        held = kept(resource.schema, change.ignored, wish, record.applied, seen)
        for one in compared(resource.schema, held, seen, self.seal).fields:
            if resource.schema.traits_at(one.path) & (Trait.LOCAL | Trait.WRITE_ONLY):
                continue
            fields = drop(fields, one.path) if one.after is UNSET else put(fields, one.path, reveal(one.after))
        self.live[change.address] = replace(live, fields=fields)
        self.rewrite(
            str(change.address),
            applied=with_kept(held, resource.schema, to_applied(held.desired, record.applied, self.seal)),
            name=str(held.desired["name"]),
            dependencies=resource.dependencies,
            prevent_destroy=resource.lifecycle.prevent_destroy,
        )

    def plan(self, text: str, question: Question | None = None, **var: str) -> str:
        """The plan in short, a line a field."""
        return in_short(self.make_plan(text, question, **var))

    def change(self, text: str, one: str, **var: str) -> Change:
        """The change of one address; there must be one."""
        return next(c for c in self.make_plan(text, None, **var).changes if c.address == address(one))


def _is_kept_back(traits: Trait) -> bool:
    return bool(traits & (Trait.WRITE_ONLY | Trait.LOCAL))


def asked(
    *, target: str = "", exclude: str = "", destroy: bool = False, replace: str = "", resend: str = ""
) -> Question:
    wishes = Wishes(tuple(replace.split()), tuple(resend.split()))
    return Question(Selection(tuple(target.split()), tuple(exclude.split())), destroy, wishes=wishes)


def in_short(plan: Plan) -> str:
    """One line a change and one a field, as a person would note it down."""
    return "\n".join(line for change in plan.changes for line in _lines(change)) or "nothing"


def _lines(change: Change) -> list[str]:
    said = [f"impact {change.impact}"] if change.impact is not Impact.NONE else []
    said += [change.reason] if change.reason else []
    said += [f"moved from {change.previous_address}"] if change.previous_address is not None else []
    said += [f"imports {change.importing.id}"] if change.importing is not None else []
    head = " ".join([change.sign or "=", str(change.address), *(f"({word})" for word in said)])
    return [head, *(f"    {field_in_short(one)}" for one in change.fields)]


def field_in_short(change: FieldChange) -> str:
    origin = f" [{change.origin}]" if change.origin is not Origin.CONFIG else ""
    forced = f" forces replacement: {change.because}" if change.forces_replacement else ""
    turn = f"{value_in_short(change.before)} -> {value_in_short(change.after)}"
    return f"{print_path(change.path)}: {turn}{origin}{forced}"


def value_in_short(value: Value) -> str:
    if value is UNSET:
        return "unset"
    if isinstance(value, Unknown):
        return f"(after {', '.join(value.waits_for)})"
    if isinstance(value, Ref):
        return f"{value.address}={value_in_short(value.id)}"
    if isinstance(value, Sealed):
        return "(sealed)"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {value_in_short(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(value_in_short, value)) + "]"
    if isinstance(value, str):
        return value if not re.fullmatch(r"[\d.]*", value) else repr(value)
    return json.dumps(value) if not isinstance(value, Sensitive) else str(value)


def order_in_short(plan: Plan) -> str:
    """A line a stage with what it waits for, in an order in which they can be done."""
    names = {stage: f"{stage[1]} {stage[0]}" for stage in plan.stages}
    waits = {names[stage]: sorted(names[need] for need in needs) for stage, needs in plan.stages.items()}
    lines = [f"{name} after {', '.join(needs)}" if needs else name for name, needs in sorted(waits.items())]
    return "\n".join(lines) or "nothing"


__all__ = ["Action", "World", "address", "asked", "configured", "in_short", "order_in_short", "seal_of"]
