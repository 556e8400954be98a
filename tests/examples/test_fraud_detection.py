"""The example with a function of its own: installed as its README says, it counts what is in its input."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tests.e2e.shell import Folder
from tests.examples.installing import install
from tests.served.serving import serving

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "fraud-detection"


def test_payments_are_looked_up_and_counted_as_its_readme_shows_and_a_served_engine_takes_its_processor(
    tmp_path: Path,
) -> None:
    folder, site = tmp_path / "fraud", tmp_path / "site"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".*", "out", "build", "__pycache__"))
    install(folder / "functions", site)
    fraud = Folder(folder, {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])})
    fraud.done("apply", "--yes")
    fraud.done("run", "--until-idle")
    shown = [line for line in (EXAMPLE / "README.md").read_text("utf-8").splitlines() if line.startswith('{"window')]
    assert fraud.read("out/alerts.ndjson").splitlines() == shown
    fraud.done("plan", "--detailed-exitcode")

    with serving(tmp_path / "data", path=site) as engine:
        for name in ("transactions", "fraud-alerts"):
            engine.made(name)
        definition = json.loads((EXAMPLE / "processor.json").read_text("utf-8"))
        status, made = engine.ask("POST", "/api/v1/processors", definition)
        assert (status, made["status"]) == (201, "running"), made
