"""Colour on finished text."""

from __future__ import annotations

import re

import pytest

from stackfile.report.colour import coloured, coloured_diagnostics
from stackfile.report.diagnostics import render
from tests.unit.report.orders import expected
from tests.unit.report.test_diagnostics_text import ALL

RED, GREEN, YELLOW, RESET = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"


@pytest.mark.parametrize("name", ["plan.txt", "failed_ledger.txt", "progress.txt", "recovery.txt"])
def test_colour_adds_nothing_to_the_text(name: str) -> None:
    text = expected(name)
    assert re.sub(r"\x1b\[\d+m", "", coloured(text)) == text
    assert coloured(text) != text or name == "recovery.txt"


LINES = {
    "+ pipelines.refunds": f"{GREEN}+{RESET} pipelines.refunds",
    "-/+ streams.a   impact: DATA LOSS": f"{RED}-/+{RESET} streams.a   impact: {RED}DATA LOSS{RESET}",
    "      - public.refunds": f"      {RED}-{RESET} public.refunds",
    "~ streams.a": f"{YELLOW}~{RESET} streams.a",
    "FAILED   sources.a": f"{RED}FAILED{RESET}   sources.a",
    "03:12:07  fail   sources.a": f"03:12:07  {RED}fail{RESET}   sources.a",
    "    a: 1 -> 2   [drift: changed from 2 outside the stackfile]": (
        f"    a: 1 -> 2   {RED}[drift: changed from 2 outside the stackfile]{RESET}"
    ),
    "nothing to see": "nothing to see",
}


@pytest.mark.parametrize("line", LINES)
def test_signs_outcomes_and_warnings_are_coloured(line: str) -> None:
    assert coloured(line) == LINES[line]


def test_diagnostics_are_coloured_where_it_is_asked_for() -> None:
    text = render(ALL, colour=True)
    assert text == coloured_diagnostics(render(ALL))
    assert f"\x1b[1m{RED}error[template-unquoted]{RESET}: quote" in text
    assert f"\x1b[1m{YELLOW}warning[looks-like-rename]{RESET}:" in text
    assert f"{RED}{'^' * 21}{RESET} YAML reads" in text
