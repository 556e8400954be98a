"""A chain of operations as one compiled loop: what the engine runs for every batch of every pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stackfile.portable.models import Apply, Operation
from stackfile.portable.syntax import Expression
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.codegen import NAMESPACE, Program
from stackfile_local.engine.codegen_operations import Functions, generate_chain, generate_expression
from stackfile_local.engine.codegen_stateful import STATEFUL
from stackfile_local.engine.events import Event
from stackfile_local.engine.runtime import Failed, reason

__all__ = ["Chain", "Event", "Failed", "Loop", "Output", "compile_chain", "compile_expression", "compile_loop"]

NO_FUNCTIONS: Functions = MappingProxyType({})


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
    routed: Mapping[str, list[Event]] = field(default_factory=dict)
    """By the name of a stream, what was routed there."""


@dataclass(frozen=True, slots=True)
class Loop:
    """The compiled loop of a chain, with the parameters that `generate_chain` tells."""

    run: Callable[..., Any]
    places: tuple[str, ...]
    source: str
    """The generated Python, for tests and the curious."""

    def says(self, place: int, failure: Exception) -> str:
        return f"{self.places[place]}: {reason(failure)}"

    def counted(self, odd: Sequence[int]) -> Mapping[str, int]:
        return dict(Counter(self.places[place] for place in sorted(odd)))


@dataclass(frozen=True, slots=True)
class Chain:
    """Compiled operations without state. Pure: the same events always give the same output, and are not changed."""

    loop: Loop

    @property
    def source(self) -> str:
        return self.loop.source

    def run(self, events: Sequence[Event]) -> Output:
        passed: list[Event] = []
        failed: list[tuple[int, str]] = []
        odd: list[int] = []
        routed: dict[str, list[Event]] = {}

        def divert(stream: str, event: Event) -> None:
            routed.setdefault(stream, []).append(event)

        def fail(number: int, place: int, failure: Exception) -> None:
            failed.append((number, self.loop.says(place, failure)))

        self.loop.run(events, passed.append, fail, odd, divert)
        return Output(passed, failed, self.loop.counted(odd), routed)


def compile_chain(operations: Sequence[Operation], functions: Functions = NO_FUNCTIONS, first: int = 0) -> Chain:
    """One loop for the whole chain; an empty chain passes everything on. Raises ValueError for an unknown function."""
    return Chain(compile_loop(operations, functions, first))


def compile_loop(operations: Sequence[Operation], functions: Functions = NO_FUNCTIONS, first: int = 0) -> Loop:
    """Up to an aggregate, which ends the loop. `first` is the number of the first operation in its pipeline."""
    for number, operation in enumerate(operations, first):
        if isinstance(operation, Apply) and operation.function not in functions:
            known = f"there are {', '.join(sorted(functions))}" if functions else "none is registered"
            raise ValueError(f"operations[{number}].map: there is no function `{operation.function}`; {known}")
    program = generate_chain(operations, {name: _guarded(name, each) for name, each in functions.items()}, first)
    return Loop(_load(program), tuple(program.places), program.code.source)


def _guarded(name: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, failing the event where it raises or gives what is no JSON."""

    def guarded(value: Any) -> Any:
        try:
            result = function(value)
            encode_json(result)
        except Exception as error:
            raise Failed(f"`{name}` failed with {type(error).__name__}") from error
        return result

    return guarded


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
    namespace: dict[str, Any] = {"__builtins__": {}, "NOTHING": {}, **NAMESPACE, **STATEFUL, **program.code.constants}
    # The text was assembled from the syntax tree, out of fixed words; nothing a user wrote is in it.
    exec(compile(program.code.source, "<operations>", "exec"), namespace)  # noqa: S102
    loaded: Callable[..., Any] = namespace["run"]
    return loaded
