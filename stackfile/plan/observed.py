"""What refresh saw, as data: the last effect before planning leaves this behind."""

from __future__ import annotations

from collections.abc import Mapping
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
