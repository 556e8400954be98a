"""Drives `stack` as a user does: in a process and a folder of its own, with and without a terminal.

What is started, or asked on a terminal, is the installed program; commands that run to their end are forks of a process
that has its modules loaded, and test_warm.py says that this makes no difference.

Long walks are compared as transcripts in `expected/`. To write them anew, and then read what git says of them:
WRITE_EXPECTED=1 pytest tests/e2e
"""

from __future__ import annotations

import errno
import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

from tests.e2e import warmed

STACK = Path(sys.executable).with_name("stack")
EXPECTED = Path(__file__).with_name("expected")
FOREIGN = ("STACK_", "CI", "GITHUB_", "GIT_", "USER", "LOGNAME", "PYTHON", "COVERAGE")
LONGEST = 90.0
"""Seconds until a command that hangs is ended; nothing is measured with it."""

TERMINAL = (40, 100)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def surroundings(more: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of a user called ana, with nothing of ours in it; None takes a name away."""
    env = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    env |= {"LOGNAME": "ana", "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    for name, text in (more or {}).items():
        if text is None:
            env.pop(name, None)
        else:
            env[name] = text
    return env


@dataclass(frozen=True)
class Said:
    """What a command printed, as it was, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines of stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def told(self) -> str:
        """The whole of it for a comparison: stdout, stderr where there is any, and the exit code unless it is 0."""
        parts = [steady(self.out)]
        parts += [f"--- stderr\n{steady(self.err)}"] if self.err else []
        parts += [f"--- exit {self.code}\n"] if self.code else []
        return "".join(parts)


_STEADY: Sequence[tuple[str, str]] = (
    (r"\d{8}T\d{6}Z-[0-9a-z]{3}", "RUN"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)", "MOMENT"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "MOMENT"),
    (r"MOMENT\s+\(the\s+oldest\s+copy\)\s+to\s+MOMENT", "MOMENT"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
    (r"\b(?:\d+ ms|\d+(?:\.\d+)? s|\d+ m(?: \d+ s)?)(?![\w.])", "SECONDS"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b(src|dst|proc)_[0-9a-f]{12}\b", r"\1_ID"),
    (r"(?m)^(Stack .*)\n(\S.*)$", r"\1 \2"),
    (r"_ID[ \n]+impact:", "_ID impact:"),
    (r"\bprocess \d+ on \S+", "PROCESS"),
    (r"\s+\(host\s+\S+,\s+last\s+heartbeat\s+TIME\s+UTC,\s+SECONDS\s+ago\)\.\s+", " (HOST, SECONDS ago). "),
    (r"Its\s+lock\s+had\s+expired\s+and\s+was\s+taken\s+over\.\s+(\d+)\s+calls", r"Its lock had expired. \1 calls"),
    (r"(?m)\block break [0-9a-z]{3}$", "lock break LOCK"),
    (r" {2,}SECONDS", " SECONDS"),
    (r"(?m) +[\d,]+ SECONDS$", " RATE SECONDS"),
)


def steady(text: str) -> str:
    """The text without what differs from run to run: run ids, moments, durations, rates, processes, ids that are made.

    What is wrapped or aligned by them is put on one line, or one space apart.
    """
    for pattern, name in _STEADY:
        text = re.sub(pattern, name, text)
    return text


@dataclass
class Folder:
    """A stack's folder, and the shell in it."""

    path: Path
    env: dict[str, str | None] = field(default_factory=dict)

    def write(self, name: str, text: str | bytes) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def read(self, name: str) -> str:
        return (self.path / name).read_text("utf-8")

    def replace(self, old: str, new: str, name: str = "stack.yaml") -> None:
        """Edits a file, by a text that is in it once."""
        text = self.read(name)
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        self.write(name, text.replace(old, new))

    def files(self, *, but: Sequence[str] = ()) -> dict[str, bytes]:
        """Every file below the folder with its bytes, folders too (as nothing); names that begin so are left out."""
        found = {}
        for one in sorted(self.path.rglob("*")):
            name = one.relative_to(self.path).as_posix()
            if not name.startswith(tuple(but)):
                found[name] = one.read_bytes() if one.is_file() else b""
        return found

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None, **more: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [STACK, *arguments],
            cwd=self.path,
            env=surroundings({**self.env, **(env or {})}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **more,
        )

    def __call__(self, *arguments: str, env: Mapping[str, str | None] | None = None, **more: Any) -> Said:
        """Runs `stack` to its end, with no terminal and no input."""
        around = surroundings({**self.env, **(env or {})})
        if not more and not any(name.startswith("PYTHON") for name in around):
            told = warmed.run([str(STACK), *arguments], self.path, around, LONGEST)
            assert told is not None, f"stack {' '.join(arguments)} hangs"
            return Said(*told)
        process = self.start(*arguments, env=env, **more)
        try:
            out, err = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"stack {' '.join(arguments)} hangs; it said:\n{out}{err}") from None
        return Said(process.returncode, out, err)

    def done(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> Said:
        """Runs `stack`, which must end well."""
        said = self(*arguments, env=env)
        assert said.code == 0, f"stack {' '.join(arguments)} ended with {said.code}:\n{said.both}"
        return said

    def dialogue(
        self,
        *arguments: str,
        answers: Sequence[tuple[str, str | signal.Signals]] = (),
        env: Mapping[str, str] | None = None,
    ) -> Said:
        """Runs `stack` on a terminal: after each text is seen its answer is typed, or its signal sent.

        Everything comes as `out`, as a terminal cannot tell the streams apart; colour and cursor moves are left in.
        """
        leader, follower = pty.openpty()
        os.set_blocking(leader, False)
        import fcntl
        import struct
        import termios

        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", *TERMINAL, 0, 0))
        process = subprocess.Popen(
            [STACK, *arguments],
            cwd=self.path,
            env=surroundings({**self.env, **(env or {})}),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        try:
            return _talk(process, leader, list(answers))
        finally:
            os.close(leader)
            process.kill()
            process.wait()


def _talk(process: subprocess.Popen[bytes], leader: int, answers: list[tuple[str, str | signal.Signals]]) -> Said:
    heard, seen = b"", 0
    deadline = time.monotonic() + LONGEST
    while chunk := _hear(leader, deadline):
        heard += chunk
        while answers and (at := heard.find(answers[0][0].encode(), seen)) >= 0:
            seen = at + len(answers[0][0].encode())
            answer = answers.pop(0)[1]
            if isinstance(answer, signal.Signals):
                process.send_signal(answer)
            else:
                os.write(leader, f"{answer}\n".encode())
    text = heard.decode().replace("\r\n", "\n")
    assert not answers, f"never asked {answers[0][0]!r}; it said:\n{text}"
    return Said(process.wait(LONGEST), text, "")


def _hear(leader: int, deadline: float) -> bytes:
    """What the terminal shows next; empty at its end."""
    ready, _, _ = select.select([leader], [], [], max(deadline - time.monotonic(), 0))
    assert ready, "the command does not end"
    try:
        return os.read(leader, 65536)
    except OSError as error:
        if error.errno == errno.EIO:  # Linux says so when the last process has left the terminal
            return b""
        raise


def plain(text: str) -> str:
    """What a terminal was sent, without colour and cursor moves."""
    return _COLOUR.sub("", text)


@dataclass
class Transcript:
    """Commands and what they said, as one text."""

    folder: Folder
    text: str = ""

    def note(self, what: str) -> None:
        """What happens between two commands."""
        self.text += f"# {what}\n\n"

    def say(self, *arguments: str, **more: Any) -> Said:
        said = self.folder(*arguments, **more)
        told = said.told()
        end = "" if told.endswith("\n") or not told else "\n"
        self.text += f"$ {shlex.join(['stack', *arguments])}\n{told}{end}\n"
        return said

    def compare(self, name: str) -> None:
        """Raises AssertionError where the text is not what `expected/` has under this name."""
        file = EXPECTED / name
        if os.environ.get("WRITE_EXPECTED"):
            file.write_text(self.text, "utf-8")
        expected = file.read_text("utf-8")
        differs = unified_diff(expected.splitlines(), self.text.splitlines(), name, "now", lineterm="")
        assert self.text == expected, "\n".join(differs)
