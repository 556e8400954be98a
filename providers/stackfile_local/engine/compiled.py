"""A chain of operations as one compiled loop: what the engine runs for every batch of every pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackfile.portable.operations import Operation
from stackfile.portable.syntax import Expression
from stackfile_local.engine.codegen import NAMESPACE
from stackfile_local.engine.codegen_operations import Program, generate_chain, generate_expression
from stackfile_local.engine.events import Event
from stackfile_local.engine.runtime import Failed, reason

__all__ = ["Chain", "Event", "Failed", "Output", "compile_chain", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Output:
    """What came of a batch, in its order.

    `events` share parts with the input: read them, do not write to them. `failed` names events by their number in the
    input, each with one line of reason that holds nothing of the event. `mismatches` counts, by place, comparisons that
    were false because their sides were of different kinds, such as a number and text.
    """

    events: list[Event]
    failed: list[tuple[int, str]]
    mismatches: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """Compiled operations. Pure: the same events always give the same output, and are not changed."""

    _run: Callable[..., None]
    _places: tuple[str, ...]
    source: str
    """The generated Python, for tests and the curious."""

    def run(self, events: Sequence[Event]) -> Output:
        passed: list[Event] = []
        failed: list[tuple[int, str]] = []
        odd: list[int] = []

        def fail(number: int, place: int, failure: Exception) -> None:
            failed.append((number, f"{self._places[place]}: {reason(failure)}"))

        self._run(events, passed.append, fail, odd)
        return Output(passed, failed, dict(Counter(self._places[place] for place in sorted(odd))))


def compile_chain(operations: Sequence[Operation]) -> Chain:
    """One loop for the whole chain; an empty chain passes everything on."""
    program = generate_chain(operations)
    return Chain(_load(program), tuple(program.places), program.code.source)


def compile_expression(expression: Expression) -> Callable[[Event], Any]:
    """A function from one event to what the expression yields. It raises Failed, whose text is the reason."""
    run = _load(generate_expression(expression))

    def evaluate(event: Event) -> Any:
        try:
            return run(event, [])
        except OverflowError as error:
            raise Failed(reason(error)) from error

    return evaluate


def _load(program: Program) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"__builtins__": {}, "NOTHING": {}, **NAMESPACE, **program.code.constants}
    # The text was assembled from the syntax tree, out of fixed words; nothing a user wrote is in it.
    exec(compile(program.code.source, "<operations>", "exec"), namespace)  # noqa: S102
    loaded: Callable[..., Any] = namespace["run"]
    return loaded
