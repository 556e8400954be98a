"""What a schema finds wrong with a tree, as diagnostics at the place of each key or value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from stackfile.errors import Severity
from stackfile.language.findings import Fault, listing
from stackfile.language.places import Places
from stackfile.sdk.schema import Problem
from stackfile.spelling import closest
from stackfile.values import Path, print_path

_LISTED = 12
_LABEL = 60
"""Characters that stand well behind a caret."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a tree describes: where it stands, what it is called, and which command lists its keys."""

    places: Places
    path: Path
    address: str
    what: str
    command: str = ""


def report_problems(problems: Sequence[Problem], subject: Subject) -> None:
    missing = {problem.path for problem in problems if problem.code == "field-missing"}
    proposed: set[Path] = set()
    odd = [problem for problem in problems if problem.severity is Severity.WARNING]
    for problem in odd:
        fault = replace(_wrong(problem), severity=Severity.WARNING)
        subject.places.report_key(fault, subject.path, problem.path, subject.address)
    problems = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in problems:
        if problem.code == "field-unknown":
            fault = _unknown(problem, missing, proposed, subject)
            subject.places.report_key(fault, subject.path, problem.path, subject.address)
    for problem in problems:
        if problem.code == "field-missing" and problem.path not in proposed:
            name = problem.path[-1]
            help = (f"add:  {name}: ...", *problem.help)
            fault = Fault("field-missing", f"`{print_path(problem.path)}` is required", "", help)
            subject.places.report_key(fault, subject.path, problem.path[:-1], subject.address)
        elif problem.code == "field-computed":
            fault = Fault("field-computed", problem.message, "remove it")
            subject.places.report_key(fault, subject.path, problem.path, subject.address)
        elif problem.code not in ("field-missing", "field-unknown"):
            subject.places.report_part(_wrong(problem), subject.path, problem.path, problem.within, subject.address)


def _wrong(problem: Problem) -> Fault:
    """Says the field, unless the sentence is about the resource as a whole; a short first help is a label."""
    where = f"`{print_path(problem.path)}`" if problem.path else ""
    colon = "" if not where or problem.message.startswith(("should ", "is ")) else ":"
    label, help = "", problem.help
    if problem.within and help and len(help[0]) <= _LABEL:
        label, help = help[0], help[1:]
    return Fault(problem.code, f"{where}{colon} {problem.message}".strip(), label, help)


def _unknown(problem: Problem, missing: Collection[Path], proposed: set[Path], subject: Subject) -> Fault:
    """A key that is not known. Where the nearest key is missing, one message says both."""
    *above, key = problem.path
    best = problem.meant or closest(str(key), problem.known)
    label = ""
    if best is not None:
        path: Path = (*above, best)
        label = f"did you mean `{best}`{' (required, missing)' if path in missing else ''}?"
        proposed.add(path)
    in_config = bool(above) and above[0] == "config"
    noun = "key" if in_config else "field"
    code = "config-key-unknown" if in_config else "field-unknown"
    where = f" in {print_path(tuple(above))}" if above and not in_config else ""
    return Fault(code, f"{subject.what} has no {noun} `{key}`{where}", label, (_all(problem.known, noun, subject),))


def _all(known: Sequence[str], noun: str, subject: Subject) -> str:
    if subject.command and len(known) > _LISTED:
        return f"all {noun}s: {subject.command}"
    return f"all {noun}s: {listing(known, 40)}"
