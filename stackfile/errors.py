"""Diagnostics, which tell a user what to mend, and the one tree of exceptions.

StackError
  DiagnosticError      the user's mistakes, each with its place and a way out
    Refused            a guard, a policy or a stale plan said no
    LockHeld           somebody else holds the stack
  StateError           the stored state cannot be used as it is
    Fenced             the lease was lost: another holder writes now
  ProviderError        a service said no, or did not answer
    Unreachable        no connection: nothing was sent
    Ambiguous          sent, but the answer never came: it may have happened
    Rejected           the service refused; nothing happened
      NotFound  Conflict  AuthFailed  RateLimited
  Interrupted          the user or the system asked to stop
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file. Lines and columns count characters from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the user: a stable code, where, what, and what to write instead.

    `message` is one line without the code. `source` is the text of the line at `span`, for the snippet, and `label` is
    said behind the caret. `help` lines follow the snippet; the last one ends with the text or the command to type.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    span: Span | None = None
    source: str | None = None
    label: str = ""
    address: str | None = None
    help: tuple[str, ...] = ()


class StackError(Exception):
    """Whatever stackfile raises on purpose."""


class DiagnosticError(StackError):
    """The user's mistakes, all of them at once. Never empty."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))

    @classmethod
    def of(cls, code: str, message: str, *help: str) -> Self:
        """One diagnostic without a place in a file."""
        return cls([Diagnostic(code, message, help=help)])


class Refused(DiagnosticError):
    """A guard, a policy or a stale plan said no; each diagnostic names the flag to add. Nothing was changed."""


class LockHeld(DiagnosticError):
    """The stack is locked by somebody else."""


class StateError(DiagnosticError):
    """The stored state cannot be used as it is: another stack's, newer, truncated, corrupt, not writable."""


class Fenced(StateError):
    """The lease was broken or taken over; what this process wanted to write was not written."""


class Interrupted(StackError):
    """The user or the system asked to stop."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One field that a service refused: its path as text in the resource, and the reason."""

    path: str
    message: str


@dataclass(eq=False)
class ProviderError(StackError):
    """A service said no or did not answer. The message is one line for the user, without secrets."""

    message: str
    method: str = ""
    path: str = ""
    status: int | None = None
    request_id: str | None = None
    fields: tuple[Refusal, ...] = field(default=())
    details: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message


class Unreachable(ProviderError):
    """No connection: nothing was sent, so trying again is safe."""


class Ambiguous(ProviderError):
    """Sent, and no answer came (timeout, reset, 5xx): it may have happened. Look before anything is sent again."""


class Rejected(ProviderError):
    """The service answered and refused; nothing happened."""


class NotFound(Rejected):
    pass


class Conflict(Rejected):
    """What was to be made exists already, or is in use."""


class AuthFailed(Rejected):
    pass


class RateLimited(Rejected):
    """Refused for now; `details["retry_after"]` holds seconds where the service said so."""
