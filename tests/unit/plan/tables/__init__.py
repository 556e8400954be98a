"""Tables of cases as text, so that they are read and reviewed as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


def table(name: str) -> dict[str, list[str]]:
    """The cells of each line, by the sentence that it begins with."""
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return {sentence: cells for sentence, *cells in rows}


@dataclass(frozen=True)
class Case:
    """A block of a table of plans: what the file was when it was applied, what happened then, what it is now.

    `expected` is the plan in short, and below a line of dashes the order of its stages.
    """

    was: str
    then: tuple[str, ...]
    now: str
    ask: str
    expected: str


def cases(name: str) -> dict[str, Case]:
    """The blocks of a file, by the sentence behind each `==`."""
    blocks = (Path(__file__).parent / name).read_text("utf-8").split("\n== ")[1:]
    return dict(_case(block) for block in blocks)


def _case(block: str) -> tuple[str, Case]:
    sentence, *lines = block.strip("\n").split("\n")
    given: dict[str, list[str]] = {"was": [], "then": [], "now": [], "ask": []}
    while lines and lines[0].partition(": ")[0] in given:
        key, _, text = lines.pop(0).partition(": ")
        given[key].append(text)
    now = given["now"] or given["was"]
    was, then, ask = _sections(given["was"]), tuple(given["then"]), " ".join(given["ask"])
    return sentence, Case(was, then, _sections(now), ask, "\n".join(lines).rstrip())


def _sections(texts: list[str]) -> str:
    """`streams.a: {partitions: 3}` and the like as the sections of a stackfile."""
    document: dict[str, Any] = {}
    for text in texts:
        for address, body in yaml.safe_load("{" + text + "}").items():
            section, dot, key = address.partition(".")
            if dot:
                document.setdefault(section, {})[key] = body
            else:
                document[section] = body
    return yaml.safe_dump(document, sort_keys=False) if document else ""
