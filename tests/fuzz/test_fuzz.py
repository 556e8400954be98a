"""Whatever is written, reading it ends in a result or in diagnostics: the loader, and the expressions of operations.

Tests try the same texts each time, as long as what they are made from is the same; `make fuzz` tries others. A failure
names its seed, and STACKFILE_FUZZ_SEED=... tries those again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.load import load
from stackfile.language.stackfile import Inputs
from stackfile.portable.expression import parse_expression
from stackfile.portable.printing import print_expression
from stackfile.portable.syntax import ExpressionError
from stackfile.registry import Registry
from stackfile.report.diagnostics import render
from tests.e2e.tables.reading import table
from tests.examples.shown import shown_in
from tests.fuzz.mutate import mutated

ROOT = Path(__file__).parents[2]
PARTS = 8
STACKFILES = int(os.environ.get("STACKFILE_FUZZ", "50000"))
EXPRESSIONS = 8 * STACKFILES
SEED = os.environ.get("STACKFILE_FUZZ_SEED", "1")


def stackfiles() -> Sequence[str]:
    examples = [file.read_text("utf-8") for file in sorted((ROOT / "examples").glob("**/*.yaml"))]
    pages = [file.read_text("utf-8") for file in sorted((ROOT / "docs").glob("**/*.md"))]
    shown = [one.body for page in pages for one in shown_in(page) if one.language == "yaml"]
    bad = [text for name in ("bad_yaml.txt", "bad_meaning.txt") for text, _ in table(name).values()]
    return [*examples, *shown, *(text for text in bad if len(text) < 5_000)]


def expressions() -> Sequence[str]:
    cases = yaml.safe_load((ROOT / "stackfile" / "portable" / "cases.yaml").read_text("utf-8"))
    return [row["expr"] for about in cases for row in about["rows"]]


def no_file(name: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory")


INPUTS = Inputs(read_file=no_file, list_files=lambda pattern: [])


def mistakes(text: str, catalog: Registry) -> Sequence[Diagnostic]:
    try:
        return load(text.encode("utf-8", "surrogatepass"), "stack.yaml", INPUTS, catalog).warnings
    except DiagnosticError as error:
        return error.diagnostics


@pytest.mark.parametrize("part", range(PARTS))
def test_a_stackfile_of_any_text_is_read_or_refused(part: int) -> None:
    chance, seeds, catalog = random.Random(f"{SEED}/{part}"), stackfiles(), Registry()
    for number in range(STACKFILES // PARTS):
        text = mutated(chance, seeds)
        with _named(f"STACKFILE_FUZZ_SEED={SEED}, part {part}, number {number}", text):
            told = mistakes(text, catalog)
            assert bool(render(told)) == bool(told)
            last = len(text.splitlines()) + 1
            assert all(one.span is None or 1 <= one.span.line <= last for one in told)


@pytest.mark.parametrize("part", range(PARTS))
def test_an_expression_of_any_text_is_read_or_refused(part: int) -> None:
    chance, seeds = random.Random(f"{SEED}/{part}"), expressions()
    for number in range(EXPRESSIONS // PARTS):
        text = mutated(chance, seeds)
        with _named(f"STACKFILE_FUZZ_SEED={SEED}, part {part}, number {number}", text):
            try:
                tree = parse_expression(text)
            except ExpressionError:
                continue
            assert parse_expression(print_expression(tree)) == tree


@contextmanager
def _named(name: str, text: str) -> Iterator[None]:
    """Says which text it was where something went wrong."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"{name}: {text!r}")
        raise
