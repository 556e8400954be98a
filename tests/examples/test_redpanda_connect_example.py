"""A Redpanda Connect engine as a stackfile and commands, against the sandbox: what its README shows is printed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.sandboxed import sandbox
from tests.examples.shown import played, settled, updating

EXAMPLE = Path(__file__).parents[2] / "examples" / "redpanda-connect"
README = EXAMPLE / "README.md"


def test_an_engine_goes_as_its_page_shows(tmp_path: Path) -> None:
    folder = tmp_path / "redpanda-connect"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stack"))
    page = README.read_text("utf-8")
    with sandbox("redpanda_connect") as settings:
        folder.with_suffix(".env").write_text(f"export REDPANDA_CONNECT_URL='{settings['url']}'\n")
        now = played(page, folder)
    if updating():
        README.write_text(now if settled(now) != settled(page) else page, "utf-8")
        return
    assert settled(now) == settled(page)
