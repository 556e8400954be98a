"""What the kinds ask of an engine, wherever that is: one narrow interface, for the engine in this process and for one
that is served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Health, Live

if TYPE_CHECKING:
    from stackfile_local.kinds.stored import StoredKind


@dataclass(frozen=True, slots=True)
class Told(Live):
    """An object of an engine that runs what is declared, and tells how it does."""

    health: Health = field(default_factory=Health)


class Objects(Protocol):
    """Objects by kind and id. Whoever implements it applies the rules of the kinds; the kinds themselves only ask.

    Raises ProviderError as the verbs do.
    """

    async def all(self, kind: type[StoredKind[Any]]) -> Sequence[Live]: ...

    async def find(self, kind: type[StoredKind[Any]], id: str) -> Live | None: ...

    async def add(self, kind: type[StoredKind[Any]], fields: Mapping[str, Any], mark: str) -> Live: ...

    async def change(self, kind: type[StoredKind[Any]], id: str, patch: Mapping[str, Any]) -> Live:
        """`patch` holds whole top-level fields; None unsets one."""

    async def set_status(self, kind: type[StoredKind[Any]], id: str, status: str) -> Live: ...

    async def remove(self, kind: type[StoredKind[Any]], id: str) -> None:
        """One that is gone already is a success."""

    async def measure(self, kind: type[StoredKind[Any]], live: Sequence[Live]) -> Sequence[Metrics]:
        """One entry for each object, in the same order."""

    async def told(self, kind: type[StoredKind[Any]], live: Live) -> Live:
        """With its health, where the engine runs what is declared; soon after a change this waits for it a little."""
