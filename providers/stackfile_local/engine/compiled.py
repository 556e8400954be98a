"""A chain of operations as one compiled loop: what the engine runs for every batch of every pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from stackfile.portable.models import Aggregate, Apply, Dedupe, Filter, Operation, Window
from stackfile.portable.models import Route as RouteOperation
from stackfile.portable.syntax import Expression
from stackfile_local.engine.codec import encode_json
from stackfile_local.engine.codegen import NAMESPACE, Given, Program
from stackfile_local.engine.codegen_operations import Functions, generate_chain, generate_expression
from stackfile_local.engine.codegen_stateful import STATEFUL
from stackfile_local.engine.events import Event
from stackfile_local.engine.fields_read import fields_read, reads_values_only
from stackfile_local.engine.runtime import Failed, reason
from stackfile_local.engine.stored import Shape, Stored

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
    """The compiled loop of a chain, with the parameters that `generate_chain` tells: three times, for events that
    somebody else holds too, for those that nobody else holds, and for no more of them than the fields that are read."""

    run: Callable[..., Any]
    run_owned: Callable[..., Any]
    run_fields: Callable[..., Any] | None
    shape: Shape | None
    places: tuple[str, ...]
    source: str
    """The generated Python, for tests and the curious."""

    def passes(self, events: Sequence[Event]) -> Iterator[tuple[Callable[..., Any], Iterator[tuple[int, Any]]]]:
        """What is to be run, one after the other, and over what: events with their numbers."""
        if not isinstance(events, Stored):
            yield self.run, enumerate(events)
            return
        start = 0
        for chunk in events.chunks:
            rows = None if self.shape is None else chunk.rows(self.shape)
            if rows is None or self.run_fields is None:
                yield self.run_owned, enumerate(chunk.events(), start)
            else:
                yield self.run_fields, enumerate(rows, start)
            start += len(chunk)

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

        for run, numbered in self.loop.passes(events):
            run(numbered, passed.append, fail, odd, divert)
        return Output(passed, failed, self.loop.counted(odd), routed)


def compile_chain(
    operations: Sequence[Operation], functions: Functions = NO_FUNCTIONS, first: int = 0, *, to_streams: bool = False
) -> Chain:
    """One loop for the whole chain; an empty chain passes everything on. Raises ValueError for an unknown function."""
    return Chain(compile_loop(operations, functions, first, to_streams=to_streams))


def compile_loop(
    operations: Sequence[Operation], functions: Functions = NO_FUNCTIONS, first: int = 0, *, to_streams: bool = False
) -> Loop:
    """Up to an aggregate, which ends the loop. `first` is the number of the first operation in its pipeline.
    `to_streams`: values that are passed on unchanged may be JSON text instead, which is what streams keep."""
    for number, operation in enumerate(operations, first):
        if isinstance(operation, Apply) and operation.function not in functions:
            known = f"there are {', '.join(sorted(functions))}" if functions else "none is registered"
            raise ValueError(f"operations[{number}].map: there is no function `{operation.function}`; {known}")
    guarded = {name: _guarded(name, each) for name, each in functions.items()}

    def load(given: Given) -> tuple[Program, Callable[..., Any]]:
        program = generate_chain(operations, guarded, first, given)
        return program, _load(program)

    program, run = load(Given())
    changing = any(not isinstance(each, Filter | Dedupe | RouteOperation | Window | Aggregate) for each in operations)
    shape = _shape(operations, to_streams)
    return Loop(
        run,
        load(Given(owned=True))[1] if changing else run,
        None if shape is None else load(Given(shape.attributes, shape.bare))[1],
        shape,
        tuple(program.places),
        program.code.source,
    )


def _shape(operations: Sequence[Operation], to_streams: bool) -> Shape | None:
    ends = any(isinstance(each, Aggregate) for each in operations)
    names = fields_read(operations) if ends or to_streams else None
    if names is None:
        return None
    try:
        texts = not ends or any(isinstance(each, RouteOperation) for each in operations)
        return Shape(names, texts, reads_values_only(operations))
    except ValueError:
        return None


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
