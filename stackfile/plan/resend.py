"""Sends once more what the stackfile sets and no comparison misses: a secret that was changed behind us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Resource
from stackfile.plan.diff import Comparison, diff
from stackfile.plan.plan import FieldChange
from stackfile.plan.wishes import Wish, impossible
from stackfile.sdk.traits import Trait
from stackfile.state.secrets import Seal
from stackfile.values import Sensitive, Tree, get

_NOT_SENT = Trait.LOCAL | Trait.IMMUTABLE | Trait.IDENTITY


def with_all_sent(resource: Resource, desired: Tree, live: Tree, found: Comparison, seal: Seal) -> Comparison:
    """The comparison with the fields that are to be sent though they do not differ: those that no service gives back,
    or where there are none all that can be sent. Raises DiagnosticError where nothing can."""
    if not resource.kind.traits.can_update:
        why = "it has no update; --replace makes it anew"
        raise DiagnosticError([impossible(Wish.RESEND, resource.address, why)])
    already = {one.path for one in found.fields}
    again = [_again(one, live) for one in _sent(resource, desired, live, seal) if one.path not in already]
    if not again and not already:
        why = "it has no field that an update can send"
        raise DiagnosticError([impossible(Wish.RESEND, resource.address, why)])
    return replace(found, fields=(*found.fields, *again), unchanged=max(found.unchanged - len(again), 0))


def _sent(resource: Resource, desired: Tree, live: Tree, seal: Seal) -> Iterable[FieldChange]:
    everything = diff(resource.schema, desired, {}, {}, seal).fields
    traits = {one.path: resource.schema.traits_at(one.path) for one in everything}
    sent = [one for one in everything if not traits[one.path] & _NOT_SENT and not one.forces_replacement]
    unseen = [one for one in sent if resource.schema.hides(one.path, live)]
    return unseen or sent


def _again(one: FieldChange, live: Tree) -> FieldChange:
    before = one.after if isinstance(one.after, Sensitive) else get(live, one.path)
    return replace(one, before=before, applied=None, again=True)
