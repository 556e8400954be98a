"""What is wrong with a file, gathered so that all of it can be told at once, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stackfile.errors import Diagnostic, DiagnosticError, Severity
from stackfile.language.source import Place
from stackfile.spelling import closest

SHORTEST_SECRET = 4
"""Texts shorter than this cannot be masked without making everything else unreadable."""


@dataclass
class Fault(Exception):
    """One mistake, raised where its place is not known; whoever knows the place reports it."""

    code: str
    message: str
    label: str = ""
    help: tuple[str, ...] = ()
    written: str = ""
    """The template that is meant, as it is written, where it is part of a longer text."""
    severity: Severity = Severity.ERROR


class Findings:
    """Collects diagnostics; it counts errors alone. Secrets that it was told of are masked in all of them."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._warnings: list[Diagnostic] = []
        self._seen: set[tuple[object, ...]] = set()
        self._secrets: dict[str, None] = {}
        self._files: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._found)

    def begin(self, file: str) -> None:
        """Files are told of in the order in which they begin."""
        self._files.setdefault(file, len(self._files))

    def hide(self, secrets: Iterable[str]) -> None:
        self._secrets.update(dict.fromkeys(text for text in secrets if len(text) >= SHORTEST_SECRET))

    @property
    def secrets(self) -> Sequence[str]:
        return tuple(self._secrets)

    def add(self, fault: Fault, place: Place | None, address: str | None = None) -> None:
        """Records a fault at its place; with an address, the message begins with it.

        What is wrong with every instance of a resource is told of the first one alone.
        """
        span, source = place if place is not None else (None, None)
        said = (fault.code, fault.message, fault.label, span)
        if said in self._seen:
            return
        self._seen.add(said)
        message = f"{address}: {fault.message}" if address else fault.message
        found = Diagnostic(fault.code, message, fault.severity, span, source, fault.label, address, fault.help)
        (self._found if fault.severity is Severity.ERROR else self._warnings).append(found)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._found.extend(diagnostics)

    def first(self) -> Diagnostic | None:
        return self._found[0] if self._found else None

    def raise_if_any(self) -> None:
        """Raises DiagnosticError with everything found, each thing once, in the order of the files."""
        if self._found:
            raise DiagnosticError(self._told(self._found))

    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is odd and hinders nobody, each thing once, in the order of the files."""
        return tuple(self._told(self._warnings))

    def _told(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        return sorted(dict.fromkeys(map(self._masked, found)), key=self._position)

    def _position(self, found: Diagnostic) -> tuple[bool, int, int, int]:
        span = found.span
        if span is None:
            return True, 0, 0, 0
        return False, self._files.get(span.file, 0), span.line, span.column

    def _masked(self, found: Diagnostic) -> Diagnostic:
        texts = (found.message, found.label, found.source or "", *found.help)
        for secret in sorted(self._secrets, key=len, reverse=True):
            if any(secret in text for text in texts):
                found = _without(found, secret)
        return found


def _without(found: Diagnostic, secret: str) -> Diagnostic:
    """The snippet keeps its columns; elsewhere the usual words stand for the secret."""
    return replace(
        found,
        message=found.message.replace(secret, "(sensitive)"),
        label=found.label.replace(secret, "(sensitive)"),
        source=found.source.replace(secret, "*" * len(secret)) if found.source else found.source,
        help=tuple(text.replace(secret, "(sensitive)") for text in found.help),
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The label behind a caret under a misspelt name; empty where nothing is close."""
    best = closest(name, known)
    return f"did you mean `{best}`?" if best is not None else ""


def listing(names: Iterable[str], most: int = 12) -> str:
    """Names for a help line, cut where they would fill the screen."""
    every = sorted(names)
    shown = ", ".join(every[:most])
    return f"{shown}, and {len(every) - most} more" if len(every) > most else shown
