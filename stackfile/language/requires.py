"""`requires`: the versions of this program that a stackfile is written for, checked before anything else in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from stackfile import __version__
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.findings import Fault
from stackfile.language.reader import Reader
from stackfile.language.source import Document, Template
from stackfile.values import Path

_FIELDS = ("stackfile",)
_AT: Path = ("requires", "stackfile")
_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|~=|>|<)\s*(\d+(?:\.\d+)*)\s*\Z", re.ASCII)
_RELEASE = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_LONGEST = 6
"""Parts of a version that are compared."""

_Release = tuple[int, ...]
_COMPARE: Final[Mapping[str, Callable[[_Release, _Release], bool]]] = MappingProxyType(
    {
        ">=": lambda ours, wanted: ours >= wanted,
        "<=": lambda ours, wanted: ours <= wanted,
        "==": lambda ours, wanted: ours == wanted,
        "!=": lambda ours, wanted: ours != wanted,
        ">": lambda ours, wanted: ours > wanted,
        "<": lambda ours, wanted: ours < wanted,
    }
)


def refuse_other_version(document: Document, version: str = __version__) -> None:
    """Raises DiagnosticError, with this alone, for a file that needs another version: of what it says nothing else is
    sure. What is wrong with `requires` itself is for `check_requires`."""
    requires = document.root.get("requires") if isinstance(document.root, dict) else None
    wanted = requires.get("stackfile") if isinstance(requires, dict) else None
    if not isinstance(wanted, str):
        return
    try:
        if satisfies(version, wanted):
            return
    except ValueError:
        return
    span, source = document.value_place(_AT)
    message = f"this file needs stackfile {wanted}, and this is {version}"
    help = (f'install one that it is written for:  pip install "stackfile{wanted}"',)
    raise DiagnosticError([Diagnostic("requires-unmet", message, span=span, source=source, help=help)])


def check_requires(reader: Reader) -> None:
    """Records what is wrong with the section itself, in one file."""
    root = reader.document.root
    if not isinstance(root, dict) or "requires" not in root:
        return
    requires = reader.map(root["requires"], ("requires",))
    reader.check_keys(requires, ("requires",), _FIELDS, ())
    if "stackfile" not in requires:
        return
    wanted = reader.text(requires["stackfile"], _AT)
    if wanted is None or isinstance(wanted, Template):
        return
    try:
        satisfies(__version__, wanted)
    except ValueError as error:
        help = ('write:  requires: {stackfile: ">=0.1,<2"}',)
        reader.at_value(Fault("requires-wrong", str(error), "", help), _AT)


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is among those that a text such as `>=0.1,<2` means. What follows the numbers of a version,
    such as `rc1`, does not count. Raises ValueError, with the reason, for a text that means none."""
    ours = _padded(_numbers(version))
    return all([_holds(ours, clause) for clause in wanted.split(",")])


def _holds(ours: _Release, clause: str) -> bool:
    found = _CLAUSE.match(clause)
    if found is None:
        what = clause.strip() or "nothing"
        raise ValueError(f"`{what}` says no version: it takes >=, >, <=, <, ==, != or ~= and numbers")
    sign, numbers = found[1], _numbers(found[2])
    if sign != "~=":
        return _COMPARE[sign](ours, _padded(numbers))
    if len(numbers) < 2:
        raise ValueError(f"`{clause.strip()}` leaves nothing open: ~= takes two numbers or more, such as ~=1.4")
    return _padded(numbers) <= ours and ours[: len(numbers) - 1] == numbers[:-1]


def _numbers(text: str) -> _Release:
    found = _RELEASE.match(text)
    return tuple(int(number[:9]) for number in found[0].split(".")[:_LONGEST]) if found is not None else ()


def _padded(numbers: _Release) -> _Release:
    return numbers + (0,) * (_LONGEST - len(numbers))
