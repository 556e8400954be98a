"""Live objects as Terraform's import blocks, from which it writes the configuration itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BLOCKS: Final = "imports.tf"


@dataclass(frozen=True, slots=True)
class Block:
    """One object: the type of resource that it is there, what it is to be called, and its id."""

    type: str
    name: str
    id: str


def blocks_text(blocks: Iterable[Block]) -> str:
    """A block for each, in order; two of a type and a name cannot be."""
    return "\n".join(f"import {{\n  to = {one.type}.{one.name}\n  id = {_literal(one.id)}\n}}\n" for one in blocks)


def _literal(text: str) -> str:
    """A string of HCL: JSON's escapes, and none of its templates."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
