"""Pages that show commands print what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.shown import has_commands, played, settled, updating

ROOT = Path(__file__).parents[2]
PAGES = {page.stem: page for page in sorted((ROOT / "docs").glob("*.md")) if has_commands(page.read_text("utf-8"))}


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_shows_is_what_is_printed(name: str, tmp_path: Path) -> None:
    page = PAGES[name].read_text("utf-8")
    now = played(page, tmp_path)
    if updating():
        PAGES[name].write_text(now if settled(now) != settled(page) else page, "utf-8")
        return
    assert settled(now) == settled(page)
