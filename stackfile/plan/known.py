"""What is known of resources that exist: their records, their live objects, and the attributes others may refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from stackfile.address import Address
from stackfile.language.stackfile import Catalog
from stackfile.plan.decide import normal_live
from stackfile.plan.equal import same
from stackfile.plan.observed import KindKey, Observed, is_shown_again
from stackfile.sdk.provider import Kind, Live
from stackfile.sdk.schema import Schema, schema_for, schema_of
from stackfile.state.format import Record, State
from stackfile.state.secrets import Seal
from stackfile.values import Sealed, Tree, Unknown, Value, contains


def key_of(record: Record) -> KindKey:
    return (record.provider, record.section, record.kind)


@dataclass(frozen=True, slots=True)
class Known:
    """The state and the live system side by side."""

    state: State
    observed: Observed
    catalog: Catalog
    looked_up: Mapping[Address, Tree] = field(default_factory=dict)
    """The attributes of what the stackfile refers to and does not manage."""

    def live(self, record: Record) -> Live | None:
        return self.observed.live(key_of(record), record.id)

    def kind(self, record: Record) -> type[Kind[Any]]:
        return self.catalog.kinds(record.service, record.section)[record.kind]

    def schema(self, record: Record) -> Schema:
        """Of the variant that was applied; of what all variants share where the state does not tell which."""
        kind = self.kind(record)
        try:
            return schema_for(kind, {**record.observed, **record.applied})
        except KeyError:
            return schema_of(kind.model)

    def attributes(self, address: Address, desired: Tree | None = None) -> Tree | None:
        """A resource that stays: the live object, or its last copy, with what the file sets over it."""
        record = self.state.records.get(address)
        if address in self.looked_up or record is None:
            return self.looked_up.get(address)

        def whole() -> Tree:
            live = self.live(record)
            seen = normal_live(self.schema(record), live) if live is not None else record.observed
            return {**seen, **(record.applied if desired is None else desired), "name": record.name, "id": record.id}

        return _Attributes(record.id, whole)


class _Attributes(Mapping[str, Value]):
    """Attributes that are worked out when they are asked for: of most resources others want the id alone."""

    __slots__ = ("_id", "_make", "_whole")

    def __init__(self, id: str, make: Callable[[], Tree]) -> None:
        self._id = id
        self._make = make
        self._whole: Tree | None = None

    @property
    def whole(self) -> Tree:
        if self._whole is None:
            self._whole = self._make()
        return self._whole

    def __getitem__(self, key: str) -> Value:
        return self._id if key == "id" else self.whole[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)


def opened(address: Address, applied: Tree, desired: Tree, seal: Seal) -> Tree:
    """What was applied to a resource that is left out of the plan, with its secrets as the file has them.

    One that the file has changed since is not known: it waits for a plan that is about its resource.
    """

    def inside(value: Value, wish: Value, path: str) -> Value:
        if isinstance(value, Sealed):
            return wish if same(value, wish, seal) else Unknown((path,))
        if isinstance(value, Mapping):
            wishes = wish if isinstance(wish, Mapping) else {}
            return {key: inside(one, wishes.get(key), f"{path}.{key}") for key, one in value.items()}
        if contains(value, Sealed):
            return wish if same(value, wish, seal) else Unknown((path,))
        return value

    return {name: inside(value, desired.get(name), f"{address}.{name}") for name, value in applied.items()}


def unmanaged(observed: Observed, state: State, looked_up: Mapping[KindKey, Set[str]]) -> dict[str, int]:
    """How many live objects of each provider instance are `foreign`."""
    counts: dict[str, int] = {}
    for key, ids in foreign(observed, state, looked_up).items():
        if ids:
            counts[key[0]] = counts.get(key[0], 0) + len(ids)
    return dict(sorted(counts.items()))


def foreign(observed: Observed, state: State, looked_up: Mapping[KindKey, Set[str]]) -> dict[KindKey, Set[str]]:
    """The ids of live objects, by kind, that no record names and the stackfile does not refer to.

    A service may show an object as more than one kind, where it does not tell a source from a destination for instance:
    then it is foreign once, and not at all where it is ours as one of them.
    """
    ours: dict[KindKey, set[str]] = {key: set(ids) for key, ids in looked_up.items()}
    for record in state.objects:
        ours.setdefault(key_of(record), set()).add(record.id)
    found: dict[KindKey, Set[str]] = {
        key: objects.keys() - ours.get(key, set()) for key, objects in sorted(observed.objects.items())
    }
    return _once(observed, found, ours) if any(found.values()) else found


def _once(
    observed: Observed, found: Mapping[KindKey, Set[str]], ours: Mapping[KindKey, Set[str]]
) -> dict[KindKey, Set[str]]:
    """The same ids without those of objects that are ours, or were found, as another kind."""
    accounted: dict[tuple[str, str], list[Live]] = {}
    for key, ids in ours.items():
        for id in ids:
            live = observed.live(key, id)
            if live is not None:
                accounted.setdefault((key[0], id), []).append(live)
    once: dict[KindKey, Set[str]] = {}
    for key, ids in found.items():
        theirs: set[str] = set()
        for id in ids:
            live, same_id = observed.objects[key][id], accounted.setdefault((key[0], id), [])
            if not is_shown_again(live, same_id):
                same_id.append(live)
                theirs.add(id)
        once[key] = theirs
    return once
