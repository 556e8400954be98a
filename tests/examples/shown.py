"""Pages that show files and commands: played in a folder, they must print what they show.

A fence with a file's name (```yaml teams/eu.yaml) writes that file; ```yaml alone writes stack.yaml. In ```console,
lines after `$ ` are given to bash, and what follows is all that they print. With UPDATE_PAGES=1 the pages are written
anew instead of compared.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e import warmed
from tests.e2e.shell import LONGEST, STACK, steady, surroundings

_FENCE = re.compile(r"^```(?P<language>\w+)(?: (?P<file>[\w./-]+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ", re.MULTILINE)

_SHELL = '[ ! -f "$EXPORTED" ] || . "$EXPORTED"; eval "$1"; export -p > "$EXPORTED"'
"""What one command exports, the next one sees."""

_PLACES = (
    (r"\b(\d+ ms|\d+\.\d s)\.", "SECONDS."),
    (r"process \d+ on \S+", "process N on HOST"),
    (r"\(host \S+,", "(host HOST,"),
    (r"stack lock break \w+", "stack lock break ID"),
    (r"Fingerprint [0-9a-f]{4}", "Fingerprint F"),
    (r"(?m)^(Run RUN was killed .*)\n(\S.*)$", r"\1 \2"),
)
"""What differs from machine to machine, beyond what differs from run to run."""
_PROGRESS = re.compile(r"(?:^TIME  (?:start|done) .*\n)+", re.MULTILINE)
"""What is done side by side ends in any order."""


def settled(page: str) -> str:
    """A page without what is another on each machine and in each run."""
    page = steady(page)
    for pattern, name in _PLACES:
        page = re.sub(pattern, name, page)
    return _PROGRESS.sub(lambda lines: "".join(sorted(lines[0].splitlines(keepends=True))), page)


@dataclass(frozen=True)
class Shown:
    """One fence of a page."""

    language: str
    file: str | None
    body: str
    span: tuple[int, int]
    """Where the body stands in the page."""

    @property
    def writes(self) -> str | None:
        return self.file or ("stack.yaml" if self.language == "yaml" else None)


def shown_in(page: str) -> list[Shown]:
    return [Shown(m["language"], m["file"], m["body"], m.span("body")) for m in _FENCE.finditer(page)]


def has_commands(page: str) -> bool:
    return any(one.language == "console" for one in shown_in(page))


def played(page: str, folder: Path) -> str:
    """The page, with what its commands print now."""
    out, end = "", 0
    for one in shown_in(page):
        body = one.body
        if one.writes is not None:
            file = folder / one.writes
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body, "utf-8")
        elif one.language == "console":
            body = "".join(_run(command.partition("\n")[0], folder) for command in _COMMAND.split(body)[1:])
        out += page[end : one.span[0]] + body
        end = one.span[1]
    return out + page[end:]


def _run(command: str, folder: Path) -> str:
    env = surroundings({"EXPORTED": str(folder.with_suffix(".env"))})
    env["PATH"] = os.pathsep.join(map(str, (warmed.program(), STACK.parent, env["PATH"])))
    done = subprocess.run(
        ["bash", "-c", _SHELL, "bash", command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    return f"$ {command}\n{done.stdout}"


def updating() -> bool:
    return os.environ.get("UPDATE_PAGES") == "1"
