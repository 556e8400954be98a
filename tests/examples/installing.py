"""Installs the packages of examples as their users do, but that nothing is fetched: what builds them is here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.shell import LONGEST

OFFLINE = (
    "--no-index",
    "--no-deps",
    "--no-build-isolation",
    "--disable-pip-version-check",
    "--no-warn-script-location",
)


def install(source: Path, site: Path) -> None:
    """The package in a folder, into another."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", *OFFLINE, "--target", str(site), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST)
    assert done.returncode == 0, done.stderr
