"""Python statements under way: their text, the constants they name, and where values are.

The text holds keywords, names made here and numbers, nothing else: texts and field names are constants of the
namespace, so that nothing a user wrote is ever Python source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stackfile.portable.functions import Kinds
from stackfile.values import print_path
from stackfile_local.engine import runtime
from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS, unfit

NAMESPACE: Mapping[str, Any] = MappingProxyType(
    {
        **{each.__name__: each for each in (type, bool, int, float, str, list, dict, len, enumerate)},
        "FAILURES": runtime.FAILURES,
        "get": dict.get,
        "pop": dict.pop,
        "MISSING": object(),
        "unfit": unfit,
        "refuse_large": runtime.number,
        **{
            each.__name__: each
            for each in (
                runtime.add,
                runtime.subtract,
                runtime.multiply,
                runtime.divide,
                runtime.remainder,
                runtime.negate,
                runtime.less,
                runtime.less_or_equal,
                runtime.greater,
                runtime.greater_or_equal,
                runtime.equal,
                runtime.member,
                runtime.truth,
                runtime.item,
                runtime.has_item,
                runtime.fresh,
                runtime.no_map,
                runtime.check_size,
            )
        },
        **{f"call_{name}": implementation for name, implementation in IMPLEMENTATIONS.items()},
    }
)
"""What generated code may name, besides its constants and what it makes itself. There are no builtins."""

_NOT_CONSTANT = object()


@dataclass(frozen=True, slots=True)
class Operand:
    """Where a value is (a name, or a number) and what it can be."""

    code: str
    kind: Kinds
    constant: object = _NOT_CONSTANT

    @property
    def is_constant(self) -> bool:
        return self.constant is not _NOT_CONSTANT


@dataclass(frozen=True, slots=True)
class Given:
    """How a loop gets its events. `attributes`: not whole values, but what holds these of their fields, by name.
    `bare`: of the events there is nothing else. `owned`: nobody else holds the values, so that they may be changed."""

    attributes: Mapping[str, str] | None = None
    bare: bool = False
    owned: bool = False


class Code:
    """Statements under way, with the constants that they name."""

    def __init__(self, attributes: Mapping[str, str] | None = None) -> None:
        self.attributes = attributes
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._indent = 0
        self._temporaries = 0

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"

    def line(self, text: str) -> None:
        self.lines.append(f"{'  ' * self._indent}{text}")

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        self.line(f"{header}:")
        self._indent += 1
        yield
        self._indent -= 1

    def temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def set(self, text: str) -> str:
        """A new temporary that holds what the text yields."""
        name = self.temporary()
        self.line(f"{name} = {text}")
        return name

    def constant(self, value: object) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = sys.intern(value) if type(value) is str else value
        return name


class Program:
    """The text of `run`, the constants it names, and what its places are called."""

    def __init__(self, given: Given = Given()) -> None:
        self.code = Code(given.attributes)
        self.places: list[str] = []
        self.owned = given.owned
        """Whether the value is, by now, a copy of ours."""

    def place(self, *path: str | int) -> None:
        """What follows happens here, as reasons of failures say it."""
        self.code.line(f"place = {len(self.places)}")
        self.places.append(print_path(("operations", *path)))
