"""What a stackfile says of addresses that change hands: `moved`, `removed` and `imports`, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from stackfile.address import Address
from stackfile.errors import Span

SECTIONS = ("moved", "removed", "imports")

Steps = tuple[tuple[str, str | None], ...]
Place = tuple[Span, str] | None


@dataclass(frozen=True, slots=True)
class Spot:
    """What an entry is about: an address, or, where `address` is None, a module with all that is in it.

    Without an instance key it means the whole declaration.
    """

    address: Address | None
    modules: Steps = ()

    @classmethod
    def parse(cls, text: str) -> Spot:
        """Raises ValueError, with the reason, for text that is neither an address nor a module's."""
        if text.startswith("modules."):
            try:
                return cls(None, Address.parse(f"{text}.streams.all").modules)
            except ValueError:
                pass  # then it is to be the address of a resource in a module
        return cls(Address.parse(text))

    def __str__(self) -> str:
        if self.address is not None:
            return str(self.address)
        return str(Address("streams", "all", None, self.modules)).removesuffix(".streams.all")

    @property
    def is_whole(self) -> bool:
        """Whether it has no instance key of its own."""
        return (self.address.instance if self.address is not None else self.modules[-1][1]) is None

    @property
    def instance(self) -> str | None:
        return self.address.instance if self.address is not None else self.modules[-1][1]

    def covers(self, address: Address) -> bool:
        """Whether an address is this one, or one of its instances, or in the module."""
        if self.address is not None:
            return self.address in (address, address.declaration)
        head = address.modules[: len(self.modules)]
        if len(head) < len(self.modules) or head[:-1] != self.modules[:-1]:
            return False
        return head[-1] == self.modules[-1] or (self.is_whole and head[-1][0] == self.modules[-1][0])


@dataclass(frozen=True, slots=True)
class Moved:
    """An address that has another name now. `place` is where the file says so, in all three kinds of entries."""

    before: Spot
    after: Spot
    place: Place = field(default=None, compare=False)

    def takes(self, address: Address) -> Address | None:
        """Where it takes an address; None for one that it is not about.

        From a whole to a whole each instance keeps its key; else one resource, or one instance of a module, moves.
        """
        whole = self.before.is_whole and self.after.is_whole
        if not self.before.covers(address):
            return None
        if self.before.address is not None and self.after.address is not None:
            if whole:
                return replace(self.after.address, instance=address.instance)
            return self.after.address if address == self.before.address else None
        depth = len(self.before.modules)
        own = address.modules[depth - 1][1]
        if not whole and own != self.before.instance:
            return None
        *around, (key, instance) = self.after.modules
        modules = (*around, (key, own if whole else instance), *address.modules[depth:])
        return replace(address, modules=modules)


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that the file declares no more. `destroy`: its object goes too; else only the state forgets it."""

    spot: Spot
    destroy: bool
    place: Place = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Import:
    """An object that is there already and that an address shall have: found by `id`, or by `name` where that is set."""

    to: Address
    id: str = ""
    name: str = ""
    place: Place = field(default=None, compare=False)

    @property
    def wanted(self) -> str:
        """`64f0b7aa`, or `name:orders`."""
        return self.id or f"name:{self.name}"


@dataclass(frozen=True, slots=True)
class Handover:
    """All three sections of a stackfile."""

    moved: tuple[Moved, ...] = ()
    removed: tuple[Removed, ...] = ()
    imports: tuple[Import, ...] = ()
