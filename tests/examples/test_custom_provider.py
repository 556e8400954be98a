"""The provider of the guide: installed as a user installs it, it passes the kit and manages a stack at its sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.shell import LONGEST, STACK, surroundings
from tests.examples.installing import install
from tests.examples.shown import shown_in

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "custom-provider"
GUIDE = ROOT / "docs" / "writing-a-provider.md"
CODE = "1234-of-the-tap"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put it. Nothing is fetched: what it needs to be built is here."""
    folder = tmp_path_factory.mktemp("custom")
    source, site = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    install(source, site)
    return site


def env_of(site: Path, **more: str) -> dict[str, str]:
    return surroundings({"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]), **more})


def test_it_passes_the_kit(site: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "tests"]
    done = subprocess.run(
        [*command, "--rootdir", ".", "-k", "walk or list or lost or (death and tank)"],
        cwd=site.parent / "source",
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
        env=env_of(site),
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d\d passed", done.stdout)


@contextmanager
def sandbox(site: Path) -> Iterator[dict[str, str]]:
    """The environment of a stack at a sandbox."""
    command = [str(STACK), "sandbox", "waterworks", "--port", "0", "--json", "--latency", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env_of(site)) as served:
        assert served.stdout is not None
        try:
            settings = json.loads(served.stdout.readline())["settings"]
            assert sorted(settings) == ["key", "url"]
            yield env_of(site, WATERWORKS_URL=settings["url"], WATERWORKS_KEY=settings["key"], TAP_CODE=CODE)
        finally:
            served.send_signal(signal.SIGTERM)
            assert served.wait(LONGEST) == 0


def test_a_stack_lives_its_whole_life_at_the_sandbox(site: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "stack.yaml", tmp_path)

    def stack(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [STACK, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=LONGEST
        )
        return done.returncode, done.stdout + done.stderr

    with sandbox(site) as env:
        assert stack("validate")[0] == 0
        applied = stack("apply", "--yes")
        assert applied[0] == 0, applied[1]
        after = stack("plan", "--detailed-exitcode")
        assert after[0] == 0, after[1]
        assert "No changes. 3 resources match the stackfile." in after[1]
        assert stack("providers", "show", "waterworks", "tap")[0] == 0
        gone = stack("destroy", "--yes", "--allow", "data_loss=*")
        assert gone[0] == 0, gone[1]
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert CODE.encode() not in kept


def test_the_guide_shows_the_files_of_the_example_as_they_are() -> None:
    shown = [one for one in shown_in(GUIDE.read_text()) if one.file is not None]
    texts = {str(file.relative_to(EXAMPLE)): _flat(file.read_text()) for file in EXAMPLE.rglob("*.*") if file.is_file()}
    assert {one.file for one in shown} >= {"stackfile_waterworks/__init__.py", "tests/test_waterworks.py"}
    assert [(one.file, one.body) for one in shown if _flat(one.body) not in texts[str(one.file)]] == []


def _flat(text: str) -> str:
    """Without indentation: what stands in a class may be shown without it."""
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


def test_the_provider_is_as_short_as_the_guide_says() -> None:
    lines = (EXAMPLE / "stackfile_waterworks" / "__init__.py").read_text().splitlines()
    assert len(lines) <= 120
