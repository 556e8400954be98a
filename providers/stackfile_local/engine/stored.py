"""Events as they are stored, decoded when somebody looks: wholly, or the few fields of their values that are asked for.

A stored batch is decoded, used and let go before the next one, so that what is at work stays small.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice, repeat
from typing import Any, Protocol, overload

import msgspec

from stackfile_local.engine.codec import telling_damage, unpack
from stackfile_local.engine.events import Event


class Shape:
    """Fields of values that are maps. `attributes` says where each is in what stands for the value: null where it is
    missing. Raises ValueError for names that cannot be told apart in JSON as it stands."""

    def __init__(self, names: Sequence[str], values: bool, bare: bool = False) -> None:
        """`values`: whether the values are wanted too, as JSON text. `bare`: nothing else of an event is wanted."""
        self.bare = bare
        self.attributes = {name: f"f{number}" for number, name in enumerate(names)}
        picked: Any = msgspec.defstruct(
            "Picked",
            [(attribute, Any, None) for attribute in self.attributes.values()],
            rename={attribute: name for name, attribute in self.attributes.items()},
            gc=False,
        )
        columns: list[tuple[str, Any] | tuple[str, Any, Any]] = [("v", list[picked])]
        columns += [("k", list[Any] | None, None), ("h", list[Any] | None, None)]
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Columns", columns)).decode
        texts = msgspec.defstruct("Texts", [("v", list[msgspec.Raw])])
        self._texts = msgspec.json.Decoder(texts).decode if values else None

        self.read_lines: Callable[[bytes], list[Any]] | None = None
        """What stands for each of some values that follow one another; None where the values are wanted too. Raises
        MsgspecError where one is no map."""
        if not values:
            self.read_lines = msgspec.json.Decoder(picked).decode_lines

    def read(self, data: bytes) -> tuple[Any, Iterable[Any]] | None:
        """Columns, and values as JSON text; None where a value is no map."""
        try:
            columns: Any = self._decode(data)
            texts: Any = None if self._texts is None else self._texts(data)
        except msgspec.MsgspecError:
            return None
        return columns, repeat(None) if texts is None else texts.v


class Part(Protocol):
    """Events of one partition that are decoded together."""

    @property
    def partition(self) -> int: ...

    @property
    def appended(self) -> int:
        """When, in milliseconds."""

    def __len__(self) -> int: ...

    def events(self) -> Iterator[Event]:
        """Made anew each time: whoever asks may change them. Raises ProviderError for damage."""

    def rows(self, shape: Shape) -> Iterator[Any] | None:
        """The parts of each event, and behind them the fields of a shape, or these alone for a bare one. None where a
        value is no map."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stored batch, from its event number `first` on. `data` is not compressed."""

    stream: str
    partition: int
    base: int
    count: int
    appended: int
    data: bytes
    first: int = 0

    def __len__(self) -> int:
        return self.count - self.first

    def events(self) -> Iterator[Event]:
        with telling_damage(self.stream, self.partition, self.base, self.count):
            found = unpack(self.data, self.appended, self.partition, self.base, self.count)
        return islice(found, self.first, None)

    def rows(self, shape: Shape) -> Iterator[Any] | None:
        with telling_damage(self.stream, self.partition, self.base, self.count):
            found = shape.read(self.data)
        if found is None or len(found[0].v) != self.count:
            return None
        columns, texts = found
        if shape.bare:
            return islice(columns.v, self.first, None)
        rows = zip(
            columns.k or repeat(None),
            texts,
            columns.h or repeat(None),
            repeat(self.appended),
            repeat(self.partition),
            range(self.base, self.base + self.count),
            columns.v,
            strict=False,
        )
        for _ in range(self.first):
            next(rows)
        return rows


@dataclass
class Stored(Sequence[Event]):
    """Parts in a row, those of a partition together. What is asked for by number stays decoded until another part is
    asked for."""

    chunks: Sequence[Part]
    _ends: Sequence[int] = field(init=False, repr=False)
    _looked_at: tuple[int, Sequence[Event]] = field(default=(-1, ()), init=False, repr=False)

    def __post_init__(self) -> None:
        self._ends = list(accumulate(map(len, self.chunks)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Event]:
        return chain.from_iterable(each.events() for each in self.chunks)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        if isinstance(index, slice):
            return list(self)[index]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        number = bisect_right(self._ends, at)
        if self._looked_at[0] != number:
            self._looked_at = (number, list(self.chunks[number].events()))
        return self._looked_at[1][at - self._ends[number]]  # counted from the end of its part

    def partitions(self) -> Iterator[Stored]:
        """The events of each partition."""
        start = 0
        for end in range(1, len(self.chunks) + 1):
            if end == len(self.chunks) or self.chunks[end].partition != self.chunks[start].partition:
                yield Stored(self.chunks[start:end])
                start = end
