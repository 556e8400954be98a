"""The case table of the expression language, as the tests of every back end read it."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from typing import Any

import yaml

OUTCOMES = ("result", "fails", "refused")


@dataclass(frozen=True)
class Case:
    about: str
    expr: str
    event: tuple[Any, Any, Any, int, int, int]
    outcome: str
    """One of OUTCOMES."""
    expected: Any
    cel: str | None
    """What CEL should be asked; None where it has no say."""

    def __str__(self) -> str:
        return f"{self.expr} of {self.event[1]!r} {self.outcome} {self.expected!r}"


def sections() -> list[dict[str, Any]]:
    text = importlib.resources.files("stackfile.portable").joinpath("cases.yaml").read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = yaml.safe_load(text)
    return loaded


def cases() -> list[Case]:
    return [case(section["about"], row) for section in sections() for row in section["rows"]]


def case(about: str, row: dict[str, Any]) -> Case:
    (outcome,) = (name for name in OUTCOMES if name in row)
    parts = (row.get("key"), row.get("value"), row.get("headers", {}))
    numbers = (row.get("timestamp", 0), row.get("partition", 0), row.get("offset", 0))
    cel = row["expr"] if row.get("cel") == "same" else row.get("cel")
    return Case(about, row["expr"], (*parts, *numbers), outcome, row[outcome], cel)
