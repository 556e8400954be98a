"""`stack run` follows a log that is rotated, and is killed again and again: each line comes once."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.shell import STACK, surroundings

STACKFILE = """
version: 1
name: logs
providers: {local: {}}
defaults: {provider: local}
streams: {lines: {}, bad: {}}
sources:
  log: {connector: file, path: app.log, format: ndjson, follow: true, stream: streams.lines, dead_letter: streams.bad}
destinations:
  kept: {connector: file, path: kept.ndjson, stream: streams.lines}
  bad: {connector: file, path: bad.ndjson, stream: streams.bad}
  shown: {connector: stdout, stream: streams.lines}
"""
TURNS = 3
LINES = 150


def stack(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STACK, *words], cwd=folder, env=surroundings(), capture_output=True, text=True, check=True, timeout=90
    )


@dataclass
class Log:
    """Each fiftieth line is none."""

    path: Path
    count: int = 0

    def write(self, lines: int) -> None:
        with self.path.open("a") as file:
            for _ in range(lines):
                self.count += 1
                file.write('{"n": oops\n' if self.count % 50 == 0 else f'{{"n": {self.count}}}\n')
                file.flush()

    def rotate(self) -> None:
        for number in range(9, 0, -1):
            if (older := Path(f"{self.path}.{number}")).exists():
                older.rename(f"{self.path}.{number + 1}")
        self.path.rename(f"{self.path}.1")


def run_and_die(folder: Path, log: Log, turn: int) -> None:
    with subprocess.Popen([STACK, "run"], cwd=folder, env=surroundings(), stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        run.stdout.readline()
        log.write(LINES)
        if turn % 2:
            log.rotate()
        log.write(LINES)
        for _ in range(turn * 40):
            run.stdout.readline()
        run.kill()


def numbers(text: str) -> list[int]:
    return [json.loads(line)["n"] for line in text.splitlines()]


def test_a_run_that_is_killed_while_its_file_is_rotated_loses_no_line_and_reads_none_twice(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(STACKFILE)
    stack(tmp_path, "apply", "--yes")
    log = Log(tmp_path / "app.log")
    log.write(1)
    for turn in range(TURNS):
        run_and_die(tmp_path, log, turn)
        log.write(3)
        log.rotate()
        log.write(1)
    last = stack(tmp_path, "run", "--until-idle")
    good = [number for number in range(1, log.count + 1) if number % 50]
    assert numbers((tmp_path / "kept.ndjson").read_text()) == good
    assert len((tmp_path / "bad.ndjson").read_text().splitlines()) == log.count - len(good)
    shown = numbers(last.stdout)  # stdout has events, and nothing else
    assert shown == good[-len(shown) :]
    assert "sources.log" in last.stderr
