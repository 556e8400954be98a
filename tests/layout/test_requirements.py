"""The pinned requirements: whole, hashed, of one mind, and without an address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "requirements.txt"
BUILD = ROOT / "requirements-build.txt"
DEV = ROOT / "requirements-dev.txt"
DATA = ROOT / "examples" / "flights" / "requirements.txt"
MAKE = ROOT / "Makefile"
CI = ROOT / ".ci" / "run"
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<hashes>( --hash=sha256:[0-9a-f]{64})+)")
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host")


def pins(file: Path) -> dict[str, str]:
    """Version by name. Every line is a comment or a pin with its hashes."""
    text = re.sub(r"\s*\\\n\s*", " ", file.read_text())
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    found = [PINNED.fullmatch(line) for line in lines]
    assert [line for line, match in zip(lines, found, strict=True) if match is None] == []
    return {match["name"]: match["version"] for match in found if match is not None}


def declared(requirements: list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9_.-]+", requirement) for requirement in requirements)
    return {match[0].lower().replace("_", "-") for match in names if match is not None}


@pytest.mark.parametrize("file", [RUN, BUILD, DEV, DATA], ids=lambda file: str(file.relative_to(ROOT)))
def test_each_requirement_is_pinned_and_hashed(file: Path) -> None:
    assert pins(file)


@pytest.mark.parametrize(
    "file",
    [RUN, BUILD, DEV, DATA, ROOT / "Makefile", ROOT / ".ci" / "run"],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_no_address_of_a_registry_is_written_down(file: Path) -> None:
    assert ADDRESS.findall(file.read_text().split("COMPILE =")[0]) == []


def test_development_has_what_running_and_building_have_at_the_same_versions() -> None:
    assert (pins(RUN) | pins(BUILD)).items() <= pins(DEV).items()


def test_everything_the_package_declares_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert declared(project["dependencies"]) <= pins(RUN).keys()
    assert declared(project["optional-dependencies"]["dev"]) <= pins(DEV).keys()
