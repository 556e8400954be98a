"""What was reviewed against what would happen now: the same changes or fewer may go on, any other must be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from stackfile.address import Address
from stackfile.plan.equal import bare
from stackfile.plan.plan import Action, Change, Plan
from stackfile.values import Ref, Sealed, Sensitive, Unknown, Value


@dataclass(frozen=True, slots=True)
class Review:
    """Addresses that would change as reviewed, that were reviewed and need no change any more, and the changes that
    nobody has reviewed. `plan` is all that would happen now."""

    plan: Plan
    same: tuple[Address, ...]
    gone: tuple[Address, ...]
    new: tuple[Change, ...]


def review(reviewed: Plan, now: Plan, left_out: Collection[Address] = ()) -> Review:
    """Both veiled. A secret that changes is compared as such: nobody could review its value. `left_out` are addresses
    that the plan of now is not about."""
    before = {change.address: change for change in reviewed.changes}
    after = {change.address: change for change in now.changes}
    same = {at: None for at, change in after.items() if at in before and is_as_reviewed(before[at], change)}
    new = [_unseen(before.get(at), change) for at, change in after.items() if at not in same]
    gone = [at for at in before if at not in after and at not in left_out]
    return Review(now, tuple(same), tuple(gone), tuple(new))


def is_as_reviewed(reviewed: Change, now: Change) -> bool:
    """Whether it does the same to the same thing, and to its data."""
    if _what(reviewed) != _what(now) or now.impact > reviewed.impact:
        return False
    return _fields_agree(reviewed, now) and _wishes_agree(reviewed, now)


def _what(change: Change) -> object:
    kind = (change.provider, change.section, change.kind)
    return (change.action, kind, change.name, change.previous_address, change.create_first, len(change.deposed))


def _fields_agree(reviewed: Change, now: Change) -> bool:
    before, after = ({one.path: one for one in change.fields} for change in (reviewed, now))
    if not after.keys() <= before.keys():
        return False
    pairs = [(before[path], after[path]) for path in after]
    return all(_agree(old.before, new.before) and _agree(old.after, new.after) for old, new in pairs)


def _wishes_agree(reviewed: Change, now: Change) -> bool:
    """What is made anew is made of all that the stackfile says."""
    if now.action not in (Action.CREATE, Action.REPLACE):
        return True
    return reviewed.desired is not None and now.desired is not None and _agree(reviewed.desired, now.desired)


def _agree(reviewed: Value, now: Value) -> bool:
    """What was not known yet may have become anything."""
    if isinstance(reviewed, Ref) or isinstance(now, Ref):
        return _is_same_target(reviewed, now)
    if isinstance(reviewed, Sensitive | Sealed) or isinstance(now, Sensitive | Sealed):
        return isinstance(reviewed, Sensitive | Sealed) and isinstance(now, Sensitive | Sealed)
    if isinstance(reviewed, Unknown):
        return True
    if isinstance(reviewed, Mapping) and isinstance(now, Mapping):
        return reviewed.keys() == now.keys() and all(_agree(value, now[key]) for key, value in reviewed.items())
    if isinstance(reviewed, list | tuple) and isinstance(now, list | tuple):
        return len(reviewed) == len(now) and all(map(_agree, reviewed, now))
    return type(reviewed) is type(now) and reviewed == now


def _is_same_target(reviewed: Value, now: Value) -> bool:
    if isinstance(reviewed, Ref) and isinstance(now, Ref):
        return reviewed.address == now.address
    return bare(reviewed) == bare(now)


def _unseen(reviewed: Change | None, now: Change) -> Change:
    """The change with those of its fields that nobody has reviewed; all of them where there are none."""
    if reviewed is None or reviewed.action is not now.action:
        return now
    known = {one.path: one for one in reviewed.fields}
    fields = tuple(
        one
        for one in now.fields
        if one.path not in known
        or not (_agree(known[one.path].before, one.before) and _agree(known[one.path].after, one.after))
    )
    return replace(now, fields=fields or now.fields)
