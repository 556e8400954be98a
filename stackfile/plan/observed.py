"""What refresh saw, as data: the last effect before planning leaves this behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from stackfile.plan.plan import Missing, ReadSummary, Skipped
from stackfile.sdk.provider import Live

KindKey: TypeAlias = tuple[str, str, str]
"""Provider instance, section, kind."""


Owned: TypeAlias = tuple[str, str, str, str]
"""Scope, section, kind, id."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Live objects by kind and id, complete for every kind that is there; scopes by provider instance.

    `owners` are other environments by what they have, where that was asked and could be told.
    """

    objects: Mapping[KindKey, Mapping[str, Live]] = field(default_factory=dict)
    scopes: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    read: ReadSummary = field(default_factory=ReadSummary)
    missing: tuple[Missing, ...] = ()
    owners: Mapping[Owned, str] = field(default_factory=dict)

    def owner(self, key: KindKey, id: str) -> str | None:
        """Whose the object is, if it is another environment's, as far as that is known."""
        provider, section, kind = key
        return self.owners.get((self.scopes.get(provider, ""), section, kind, id))

    def live(self, key: KindKey, id: str) -> Live | None:
        return self.objects.get(key, {}).get(id)

    @property
    def left_out(self) -> frozenset[str]:
        """The provider instances of which nothing is known."""
        return frozenset(skipped.provider for skipped in self.skipped)


def is_shown_again(live: Live, others: Iterable[Live]) -> bool:
    """Whether one of these, which have its id and are of other kinds, is the same object: a service that does not tell
    two kinds apart shows its objects as both. A name that is an id by chance has another moment, or none is told."""
    if live.created_at is None:
        return any(_is_named_only(live, other) for other in others)
    return any(_agree(live, other) for other in others)


def _agree(one: Live, other: Live) -> bool:
    """One of the two may be an outline."""
    told = one.fields.keys() & other.fields.keys()
    return one.created_at == other.created_at and all(one.fields[name] == other.fields[name] for name in told)


def _is_named_only(one: Live, other: Live) -> bool:
    """Whether nothing but its name, which is its id, is told of one, and the other has that name too."""
    return one.fields.keys() == {"name"} and one.fields["name"] == one.id == other.fields.get("name")
