"""What the README shows is what the project is."""

from __future__ import annotations

import re
from pathlib import Path

from stackfile.cli.commands import ROOT, Section
from stackfile.cli.exit_codes import Exit

ROOT_FOLDER = Path(__file__).parents[2]
README = (ROOT_FOLDER / "README.md").read_text()


def test_the_readme_shows_the_flights_stackfile_as_it_is() -> None:
    assert (ROOT_FOLDER / "examples/flights/stack.yaml").read_text().strip() in README


def test_the_readme_names_every_command() -> None:
    shown = set(re.findall(r"`stack ([a-z]+)", README))
    assert shown >= set(ROOT) - {"version"}
    sections = {name for name, entry in ROOT.items() if isinstance(entry, Section)}
    assert sections == {"state", "lock", "providers", "engine", "offsets"}


def test_the_readme_has_every_exit_code() -> None:
    shown = {int(number) for number in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert shown == {int(code) for code in Exit}


def test_every_file_that_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT_FOLDER / link).exists()] == []
