"""Every page of an error shows what it is about, or a test raises it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.shell import steady
from tests.examples.shown import has_commands, played, updating

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page for page in sorted((ROOT / "docs" / "errors").glob("*.md"))}


def test_every_page_is_of_a_code_that_a_test_raises() -> None:
    files = [file for kind in ("*.py", "*.txt") for file in (ROOT / "tests").rglob(kind)]
    tests = "\n".join(file.read_text("utf-8") for file in files)
    told = set(re.findall(r"(?<![\w-])[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w-])", tests))
    shown = {code for code, page in PAGES.items() if f"[{code}]" in page.read_text("utf-8").partition("```console")[2]}
    assert [code for code in PAGES if code not in told | shown] == []


@pytest.mark.parametrize("code", PAGES)
def test_a_page_begins_with_its_code_and_says_what_to_do(code: str) -> None:
    lines = PAGES[code].read_text("utf-8").splitlines()
    assert lines[0] == f"# {code}"
    assert lines[1] == ""
    assert 6 <= len(lines) <= 60


@pytest.mark.parametrize("code", [code for code, page in PAGES.items() if has_commands(page.read_text("utf-8"))])
def test_what_a_page_shows_is_what_is_printed(code: str, tmp_path: Path) -> None:
    page = PAGES[code].read_text("utf-8")
    now = played(page, tmp_path)
    if updating():
        PAGES[code].write_text(now if steady(now) != steady(page) else page, "utf-8")
        return
    assert steady(now) == steady(page)
    assert f"[{code}]" in now
