"""What it means to take a provider's records to where it is connected now, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackfile.address import Address


@dataclass(frozen=True, slots=True)
class Rescoping:
    """`scope` is the new one, empty for an engine that nothing is in yet. `moves` says, for each record that takes it,
    what it had before. `missing` objects are not there; calls on `open` addresses were made elsewhere."""

    provider: str
    scope: str
    moves: Mapping[Address, str]
    missing: tuple[Address, ...] = ()
    open: tuple[Address, ...] = ()
