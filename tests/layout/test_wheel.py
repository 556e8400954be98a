"""What is shipped: the packages and nothing beside them, with every file of theirs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stackfile import __version__

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = "stackfile/explained/"
PROVIDERS = ("local", "planasonix", "redpanda_connect", "streamkap")
PACKAGES = {"stackfile": ROOT, **{f"stackfile_{one}": ROOT / "providers" for one in PROVIDERS}}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return zipfile.ZipFile(built)


def test_only_our_packages_land_in_site_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert top == {*PACKAGES, f"stackfile-{__version__}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_is_shipped(wheel: zipfile.ZipFile, package: str) -> None:
    above = PACKAGES[package]
    files = {
        str(file.relative_to(above))
        for file in (above / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    shipped = {name for name in wheel.namelist() if name.startswith(f"{package}/")}
    assert files == {name for name in shipped if not name.startswith(EXPLAINED)}


def test_every_page_of_an_error_is_shipped(wheel: zipfile.ZipFile) -> None:
    pages = {f"{EXPLAINED}{page.name}" for page in (ROOT / "docs" / "errors").glob("*.md")}
    assert pages == {name for name in wheel.namelist() if name.startswith(EXPLAINED)} != set()


def test_types_and_the_expressions_case_table_are_shipped(wheel: zipfile.ZipFile) -> None:
    assert {"stackfile/py.typed", "stackfile/portable/cases.yaml"} <= set(wheel.namelist())


def test_the_licence_and_the_entry_points_are_shipped(wheel: zipfile.ZipFile) -> None:
    info = f"stackfile-{__version__}.dist-info"
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()
    assert wheel.read(f"{info}/entry_points.txt").decode() == (
        "[console_scripts]\nstack = stackfile.cli.main:run\n\n"
        "[stackfile.providers]\nlocal = stackfile_local:Local\nplanasonix = stackfile_planasonix:Planasonix\n"
        "redpanda_connect = stackfile_redpanda_connect:RedpandaConnect\n"
        "streamkap = stackfile_streamkap:Streamkap\n\n"
        "[stackfile.simulators]\nplanasonix = stackfile_planasonix.simulator:simulator\n"
        "redpanda_connect = stackfile_redpanda_connect.simulator:simulator\n"
        "streamkap = stackfile_streamkap.simulator:simulator\n"
    )
