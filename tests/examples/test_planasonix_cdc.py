"""A workspace of Planasonix as a stackfile and commands, against the sandbox: what its README shows is printed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.sandboxed import sandbox
from tests.examples.shown import played, settled, updating

EXAMPLE = Path(__file__).parents[2] / "examples" / "planasonix-cdc"
README = EXAMPLE / "README.md"
PASSWORD = "hunter22-of-the-database"


def test_a_workspace_goes_as_its_page_shows(tmp_path: Path) -> None:
    folder = tmp_path / "planasonix-cdc"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stack"))
    page = README.read_text("utf-8")
    with sandbox("planasonix") as settings:
        exports = {f"PLANASONIX_{name.upper()}": text for name, text in settings.items()} | {"PG_PASSWORD": PASSWORD}
        folder.with_suffix(".env").write_text("".join(f"export {name}='{text}'\n" for name, text in exports.items()))
        now = played(page, folder)
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != README.name)
    assert PASSWORD.encode() not in now.encode() + kept
    assert settings["api_key"].encode() not in kept
    if updating():
        README.write_text(now if settled(now) != settled(page) else page, "utf-8")
        return
    assert settled(now) == settled(page)
