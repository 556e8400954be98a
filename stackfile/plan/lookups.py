"""What the stackfile looks up and does not manage: found among the live objects, by what identifies it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from stackfile.address import Address
from stackfile.errors import Diagnostic
from stackfile.graph.build import ResourceGraph
from stackfile.language.stackfile import Configuration, Lookup
from stackfile.plan.decide import normal_live
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import LookedUp
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema, schema_for
from stackfile.sdk.traits import Trait
from stackfile.values import Tree, Value

_NAMED = 8
"""How many names or ids a message lists."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of each lookup, and why one was not found. What a provider left out holds is in neither."""

    attributes: Mapping[Address, Tree] = field(default_factory=dict)
    looked_up: tuple[LookedUp, ...] = ()
    problems: Mapping[Address, Diagnostic] = field(default_factory=dict)


def kind_of(lookup: Lookup) -> KindKey:
    return (lookup.provider, lookup.kind.section, lookup.kind.name)


def find_lookups(configuration: Configuration, observed: Observed) -> Found:
    attributes: dict[Address, Tree] = {}
    looked_up: list[LookedUp] = []
    problems: dict[Address, Diagnostic] = {}
    index = _Index(observed)
    for address, lookup in configuration.lookups.items():
        if lookup.provider in observed.left_out:
            continue
        matches = index.matches(lookup)
        if len(matches) == 1:
            (live,) = matches
            tree = attributes[address] = _attributes(lookup, live)
            looked_up.append(LookedUp(address, lookup.provider, lookup.service, lookup.kind.name, _name(tree), live.id))
        else:
            problem = _several(lookup, matches) if matches else _none(lookup, index.lives(kind_of(lookup)))
            problems[address] = _placed(problem, lookup, configuration)
    return Found(attributes, tuple(looked_up), problems)


def matching(lookups: Mapping[Address, Lookup], observed: Observed) -> Mapping[Address, list[Live]]:
    """What a listing shows that each may mean."""
    index = _Index(observed)
    return {address: index.matches(lookup) for address, lookup in lookups.items()}


def ids_of(configuration: Configuration, attributes: Mapping[Address, Tree]) -> Mapping[KindKey, set[str]]:
    """The objects that were found."""
    found: dict[KindKey, set[str]] = defaultdict(set)
    for address, tree in attributes.items():
        found[kind_of(configuration.lookups[address])].add(str(tree["id"]))
    return found


def demanded(
    problems: Mapping[Address, Diagnostic], configuration: Configuration, planned: Collection[Address] | None
) -> list[Diagnostic]:
    """The problems of lookups that resources of a partial plan need; of all where the plan is about everything."""
    if planned is None:
        return list(problems.values())
    needed = {one for address in planned for one in configuration.resources[address].lookups}
    return [problem for address, problem in problems.items() if address in needed]


def lacking(problems: Collection[Address], configuration: Configuration, graph: ResourceGraph) -> set[Address]:
    """What cannot be planned without these lookups: who refers to one, and all that cannot change without those."""
    lost = set(problems)
    holders = (a for a in graph.desired if not lost.isdisjoint(configuration.resources[a].lookups))
    return graph.kept_back(holders) if lost else set()


class _Index:
    """Live objects by what identifies them; made once for each kind and set of fields."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._made: dict[tuple[KindKey, tuple[str, ...]], Mapping[tuple[str, ...], list[Live]]] = {}

    def lives(self, key: KindKey) -> Mapping[str, Live]:
        return self._observed.objects.get(key, {})

    def matches(self, lookup: Lookup) -> list[Live]:
        key, fields = kind_of(lookup), tuple(sorted(lookup.match))
        made = self._made.get((key, fields))
        if made is None:
            by: dict[tuple[str, ...], list[Live]] = defaultdict(list)
            for live in self.lives(key).values():
                by[tuple(_text(live, name) for name in fields)].append(live)
            made = self._made[key, fields] = by
        found = made.get(tuple(lookup.match[name] for name in fields), [])
        if lookup.schema.model is lookup.kind.model:
            return found
        return [live for live in found if _schema(lookup, live).model is lookup.schema.model]


def _text(live: Live, field: str) -> str:
    return live.id if field == "id" else str(live.fields.get(field, ""))


def _schema(lookup: Lookup, live: Live) -> Schema:
    try:
        return schema_for(lookup.kind, live.fields)
    except KeyError:
        return lookup.schema


def _attributes(lookup: Lookup, live: Live) -> Tree:
    """All fields of the object; one that the service did not tell is none, and not still to come."""
    schema = _schema(lookup, live)
    computed: dict[str, Value] = {name: None for name, field in schema.fields.items() if field.has(Trait.COMPUTED)}
    return {"name": live.fields.get("name"), **computed, **normal_live(schema, live), "id": live.id}


def _name(tree: Tree) -> str:
    name = tree.get("name")
    return name if isinstance(name, str) else ""


def _said(lookup: Lookup) -> str:
    return " and ".join(f'{name} "{value}"' for name, value in lookup.match.items())


def _none(lookup: Lookup, lives: Mapping[str, Live]) -> Diagnostic:
    noun, helps = lookup.kind.section.removesuffix("s"), []
    field = next(iter(lookup.match))
    there = sorted({_text(live, field) for live in lives.values()} - {""})
    near = get_close_matches(lookup.match[field], there, n=3)
    if not lookup.kind.traits.can_list and "id" not in lookup.match:
        helps.append("it cannot be looked for by name, as the service does not list such things: existing: {id: ...}")
    elif near:
        helps.append(f"near: {', '.join(near)}")
    else:
        more = f", and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        helps.append(f"there: {', '.join(there[:_NAMED])}{more}" if there else f"there is no {noun} at all")
    helps.append("To have it made by this stack remove `existing`, and write what it is to be.")
    message = f"{lookup.address}: no {noun} in {lookup.provider} with {_said(lookup)}"
    return Diagnostic("existing-none", message, help=tuple(helps))


def _several(lookup: Lookup, lives: Sequence[Live]) -> Diagnostic:
    ids = sorted(live.id for live in lives)
    more = f", and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    message = f"{lookup.address}: {len(ids)} {lookup.kind.section} in {lookup.provider} with {_said(lookup)}"
    help = (f"ids: {', '.join(ids[:_NAMED])}{more}", f"say which one:  existing: {{id: {ids[0]}}}")
    return Diagnostic("existing-several", message, help=help)


def _placed(problem: Diagnostic, lookup: Lookup, configuration: Configuration) -> Diagnostic:
    place = configuration.span_of_lookup(lookup)
    return Diagnostic(
        problem.code, problem.message, span=place[0], source=place[1], address=str(lookup.address), help=problem.help
    )
