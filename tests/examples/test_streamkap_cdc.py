"""The quickstart of Streamkap as a stackfile and commands, against the sandbox: what its README shows is printed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.sandboxed import sandbox
from tests.examples.shown import played, settled, updating

EXAMPLE = Path(__file__).parents[2] / "examples" / "streamkap-cdc"
README = EXAMPLE / "README.md"
SECRETS = {"PG_PASSWORD": "hunter22-of-the-database", "SNOWFLAKE_KEY": "snow-key-of-the-warehouse"}


def test_the_quickstart_goes_as_its_page_shows(tmp_path: Path) -> None:
    folder = tmp_path / "streamkap-cdc"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stack"))
    page = README.read_text("utf-8")
    with sandbox("streamkap") as settings:
        exports = {f"STREAMKAP_{name.upper()}": text for name, text in settings.items()} | SECRETS
        folder.with_suffix(".env").write_text("".join(f"export {name}='{text}'\n" for name, text in exports.items()))
        now = played(page, folder)
    texts = [now.encode(), *(file.read_bytes() for file in folder.rglob("*") if file.is_file())]
    assert not any(secret.encode() in text for text in texts for secret in SECRETS.values())
    if updating():
        README.write_text(now if settled(now) != settled(page) else page, "utf-8")
        return
    assert settled(now) == settled(page)
