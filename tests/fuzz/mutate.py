"""Damages texts as a careless or a hostile person would: cuts, doubles, moves and replaces parts of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

_FILE = Path(__file__).with_name("scraps.txt")
SCRAPS = tuple(line.encode().decode("unicode_escape") for line in _FILE.read_text("utf-8").splitlines())
"""What has a meaning to YAML, to the stackfile or to expressions: one a line, escaped as in Python."""


def mutated(random: random.Random, seeds: Sequence[str]) -> str:
    """One of the seeds with a few things wrong, sometimes with a part of another one."""
    text = random.choice(seeds)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        text = random.choice(_WAYS)(random, text, seeds)
    return text[:20_000]


def _cut(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    a, b = _span(random, text)
    return text[:a] + text[b:]


def _double(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    a, b = _span(random, text)
    return text[:b] + text[a:b] * random.choice((1, 1, 2, 20)) + text[b:]


def _move(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    a, b = _span(random, text)
    rest = text[:a] + text[b:]
    at = random.randint(0, len(rest))
    return rest[:at] + text[a:b] + rest[at:]


def _scrap(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(SCRAPS) + text[at:]


def _instead(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    a, b = _span(random, text)
    return text[:a] + random.choice(SCRAPS) + text[b:]


def _line(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    lines.insert(random.randint(0, len(lines)), lines[at] if random.random() < 0.5 else lines.pop(at))
    return "\n".join(lines)


def _indent(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    lines[at] = "  " * random.randint(0, 3) + lines[at].lstrip()
    return "\n".join(lines)


def _graft(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    other = random.choice(seeds)
    a, b = _span(random, other)
    at = random.randint(0, len(text))
    return text[:at] + other[a:b] + text[at:]


def _character(random: random.Random, text: str, seeds: Sequence[str]) -> str:
    at = random.randint(0, len(text))
    return text[:at] + chr(random.choice((random.randrange(0x80), random.randrange(0xD800)))) + text[at + 1 :]


_WAYS: tuple[Callable[[random.Random, str, Sequence[str]], str], ...] = (
    _cut, _double, _move, _scrap, _scrap, _instead, _instead, _line, _line, _indent, _indent, _graft, _character,
)  # fmt: skip


def _span(random: random.Random, text: str) -> tuple[int, int]:
    a = random.randint(0, len(text))
    return a, min(len(text), a + int(random.expovariate(0.05)))
