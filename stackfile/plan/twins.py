"""Objects that are there already under the natural key of one that is to be created: never taken over silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackfile.errors import Diagnostic
from stackfile.language.stackfile import Configuration
from stackfile.plan.observed import KindKey, Observed
from stackfile.plan.plan import Action, Change
from stackfile.sdk.provider import Live
from stackfile.sdk.schema import Schema
from stackfile.sdk.traits import Trait
from stackfile.state.format import State
from stackfile.values import Tree, Unknown, Value, contains, reveal

NaturalKey = tuple[str, ...]


def natural_key(schema: Schema, tree: Tree) -> NaturalKey | None:
    """The values of the IDENTITY fields as text; None where the kind has none or one is not known."""
    names = [field.name for field in schema.with_trait(Trait.IDENTITY)]
    if not names or any(tree.get(name) is None or contains(tree[name], Unknown) for name in names):
        return None
    return tuple(str(reveal(tree[name])) for name in names)


def identity_of(schema: Schema, tree: Tree) -> dict[str, Value]:
    """The IDENTITY fields of a tree that are set, plain."""
    return {f.name: reveal(tree[f.name]) for f in schema.with_trait(Trait.IDENTITY) if tree.get(f.name) is not None}


def twins(
    changes: Iterable[Change], configuration: Configuration, observed: Observed, state: State
) -> list[Diagnostic]:
    """One diagnostic for each create that would meet an object which is not ours."""
    creates = [change for change in changes if change.action is Action.CREATE and change.desired is not None]
    if not creates:
        return []
    ours = {((r.provider, r.section, r.kind), r.id) for r in state.records.values()}
    index: dict[KindKey, Mapping[NaturalKey, Live]] = {}
    found: list[Diagnostic] = []
    for change in creates:
        schema = configuration.resources[change.address].schema
        key: KindKey = (change.provider, change.section, change.kind)
        if key not in index:
            foreign = (live for id, live in observed.objects.get(key, {}).items() if (key, id) not in ours)
            index[key] = {k: live for live in foreign if (k := natural_key(schema, live.fields)) is not None}
        natural = natural_key(schema, change.desired or {})
        twin = index[key].get(natural) if natural is not None else None
        if twin is not None:
            found.append(_exists(configuration, change, twin))
    return found


def _exists(configuration: Configuration, change: Change, twin: Live) -> Diagnostic:
    place = configuration.span(configuration.resources[change.address])
    span, source = place if place is not None else (None, None)
    return Diagnostic(
        "exists",
        f'a {change.kind} named "{change.name}" is in {change.provider} already, as {twin.id}, and is not ours',
        span=span,
        source=source,
        address=str(change.address),
        help=(
            "Either give ours another name, or take it over:",
            f"stack import {change.address} {twin.id}",
        ),
    )
