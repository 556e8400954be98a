"""Mappings as far as the simulator reads them: an assignment of nothing, or without blanks, is a fault.

Everything else is taken as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TARGET = re.compile(r"\s*(?:root(?:\.\w+)*)(?==[^=>])")
_ASSIGNMENT = re.compile(r"""\s*(?:let\s+\w+|meta(?:\s+\S+)?|root(?:\.\S+?)?|[a-z_]\w*(?:\.\S+?)?)\s*=(?![=>])""")


@dataclass(frozen=True, slots=True)
class MappingFault:
    """Lines and columns count from 1. `says` is what a lint says, `wanted` what a constructor does."""

    line: int
    column: int
    says: str
    wanted: str


def fault_of(mapping: str) -> MappingFault | None:
    lines = mapping.split("\n")
    for number, text in enumerate(lines, 1):
        close = _TARGET.match(text)
        if close is not None:
            got = f"expected whitespace, got: {text[close.end() :]}"
            return MappingFault(number, close.end() + 1, got, "expected whitespace")
        found = _ASSIGNMENT.match(text)
        if found is None or text[found.end() :].strip():
            continue
        rest = text[found.end() :]
        if not rest:
            got = "but reached end of input" if number == len(lines) else "got: \n"
            return MappingFault(number, found.end() + 1, f"expected whitespace, {got}", "expected whitespace")
        if number == len(lines):
            return MappingFault(number, len(text) + 1, "expected query, but reached end of input", "expected query")
    return None
