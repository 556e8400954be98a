"""The seam for a provider whose connectors are described by the service itself: a catalogue that a team can refresh.

What the service says is kept beside the stackfile, in a file that is committed, so that everybody plans by the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from stackfile.sdk.provider import Provider

Catalogue: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
"""By section, connector and key: the facts of the key, as plain JSON in the provider's own words. No secrets."""


class CatalogueWrong(Exception):
    """A catalogue that the provider cannot use: where in it, and why."""

    def __init__(self, path: tuple[str, ...], says: str) -> None:
        self.path, self.says = path, says
        super().__init__(f"{'/'.join(path)}: {says}")


@runtime_checkable
class KeepsCatalogue(Protocol):
    """A provider that comes with a catalogue and takes a newer one. `stack providers sync` keeps it in `stack.lock`."""

    async def catalogue(self) -> Catalogue:
        """What the service offers now, in as few calls as it takes. Facts that say nothing are left out, so that the
        same service gives the same catalogue. Raises ProviderError."""

    @classmethod
    def known(cls) -> Catalogue:
        """What this provider goes by, in the same form: what it was made with, or what it comes with."""

    @classmethod
    def with_catalogue(cls, catalogue: Catalogue) -> type[Provider[Any]]:
        """This provider, going by another catalogue. Must be cheap: models are made when they are used. Raises
        CatalogueWrong; nothing that is wrong with a catalogue may show later."""
