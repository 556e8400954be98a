"""A stack of 200 local resources and the real `stack` that works on it, to be signalled at a chosen line of its log."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackfile.state.local import LocalStore
from stackfile.state.store import Stored
from tests.e2e import warmed
from tests.e2e.shell import LONGEST, surroundings

STACK = Path(sys.executable).with_name("stack")
RESOURCES = 200
GUARDS = ("--max-deletes", "1000", "--allow", "data_loss=*")


@dataclass(frozen=True)
class Version:
    """One version of the stackfile: 100 streams with a source for each of 49 and a pipeline for each of 50 of them,
    which write to one more stream."""

    first: int = 0
    partitions: int = 2
    retention: str = "7d"
    minimum: int = 100

    def text(self) -> str:
        keys = [f"k{number:03}" for number in range(self.first, self.first + 100)]
        return f"""
version: 1
name: many
defaults: {{provider: local}}
streams:
  all: {{}}
  s: {{for_each: {_list(keys)}, partitions: {self.partitions}, retention: {self.retention}}}
sources:
  f:
    for_each: {_list(keys[:49])}
    connector: file
    path: "in/{{{{ each.key }}}}.ndjson"
    stream: "{{{{ streams.s[each.key] }}}}"
pipelines:
  p:
    for_each: {_list(keys[:50])}
    source: "{{{{ streams.s[each.key] }}}}"
    operations: [{{filter: value.n >= {self.minimum}}}]
    destination: streams.all
"""


def _list(keys: Sequence[str]) -> str:
    return f"[{', '.join(keys)}]"


LEAD = 4096
"""Bytes that a process may write to its log before somebody reads them: it never gets far ahead of a test."""


@dataclass
class Running:
    """A `stack` that was started. `log` is its standard error, as it comes."""

    process: subprocess.Popen[bytes]
    log: io.FileIO

    def until(self, text: str, count: int = 1) -> None:
        """Returns after that many lines of the log that hold the text, or when there are no more."""
        while count:
            line = self.log.readline()
            if not line:
                return
            count -= text.encode() in line

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """The exit code, and the rest of the log."""
        rest = self.log.readall() or b""
        return self.process.wait(), rest.decode()


@dataclass(frozen=True)
class Place:
    """A folder with a stackfile."""

    folder: Path

    def write(self, version: Version) -> None:
        (self.folder / "stack.yaml").write_text(version.text())

    @contextmanager
    def start(self, *arguments: str) -> Iterator[Running]:
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, LEAD)
        with (self.folder / "out.txt").open("wb") as out:
            process = subprocess.Popen(
                [STACK, *arguments], cwd=self.folder, env=surroundings(), stdout=out, stderr=writing
            )
        os.close(writing)
        with io.FileIO(reading) as log, process:
            try:
                yield Running(process, log)
            finally:
                process.kill()

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and what was said on both streams."""
        told = warmed.run([str(STACK), *arguments], self.folder, surroundings(), LONGEST)
        assert told is not None, f"stack {' '.join(arguments)} hangs"
        code, out, err = told
        return code, out + err

    def succeed(self, *arguments: str) -> str:
        """What was said by a command that must succeed."""
        code, said = self.run(*arguments)
        assert code == 0, said
        return said

    def stored(self) -> Stored:
        return asyncio.run(LocalStore(self.folder / ".stack" / "default", "many", "default").read())

    def objects(self) -> list[tuple[str, str, str]]:
        """Kind, name and id of every object of the engine, straight from its database."""
        file = self.folder / ".stack" / "default" / "engine" / "engine.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file)) as connection:
            return connection.execute("SELECT kind, name, id FROM objects").fetchall()

    def expect_whole(self, objects: int) -> None:
        """No object twice, none that the state does not know, none that is missing, and nothing left open."""
        there, stored = self.objects(), self.stored()
        names = Counter((kind, name) for kind, name, _ in there)
        assert not [name for name, count in names.items() if count > 1]
        assert len(there) == objects
        records = stored.state.records.values() if stored.state is not None else ()
        assert sorted(record.id for record in records) == sorted(id for _, _, id in there)
        assert (stored.intents, stored.lock) == ((), None)
