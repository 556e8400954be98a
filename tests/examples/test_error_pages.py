"""Every code that the program can raise has a page, and every page shows, or a test raises, what it is about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.shown import has_commands, played, settled, updating

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page for page in sorted((ROOT / "docs" / "errors").glob("*.md"))}
RAISING = frozenset({"Diagnostic", "Fault", "Missing", "Problem", "of"})
"""What is called with a code as its first argument."""
BARE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def codes_in(tree: ast.AST) -> Iterator[str]:
    """Codes as regular expressions: a part that is put together at run time may be anything."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _called(node.func) in RAISING:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and BARE.fullmatch(code.value):
                yield re.escape(code.value)
            elif isinstance(code, ast.JoinedStr) and BARE.fullmatch(_with_any(code, "x")):
                yield _with_any(code, "[a-z-]+")


def _with_any(text: ast.JoinedStr, any: str) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else any for part in text.values)


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def raised() -> set[str]:
    files = [*(ROOT / "stackfile").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]
    return {code for file in files for code in codes_in(ast.parse(file.read_text("utf-8")))}


def test_every_code_has_a_page() -> None:
    without = [code for code in sorted(raised()) if not any(re.fullmatch(code, page) for page in PAGES)]
    assert without == []


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
    assert 5 <= len(lines) <= 60


@pytest.mark.parametrize("code", [code for code, page in PAGES.items() if has_commands(page.read_text("utf-8"))])
def test_what_a_page_shows_is_what_is_printed(code: str, tmp_path: Path) -> None:
    page = PAGES[code].read_text("utf-8")
    now = played(page, tmp_path)
    if updating():
        PAGES[code].write_text(now if settled(now) != settled(page) else page, "utf-8")
        return
    assert settled(now) == settled(page)
    assert f"[{code}]" in now
