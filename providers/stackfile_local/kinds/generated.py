"""The source that makes events up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stackfile.portable.quantities import parse_duration
from stackfile.sdk.traits import Changes, Effect, OnRemove, Trait
from stackfile_local.kinds.feeding import AGAIN, Source
from stackfile_local.kinds.fields import Period

_FROM_NOW = Changes(Effect(says="From the next event on; earlier ones stay as they are."))


def _template(raw: dict[str, Any]) -> dict[str, Any]:
    from stackfile_local.engine.template import parse_template

    parse_template(raw)
    return raw


def _key(text: str) -> str:
    from stackfile_local.engine.template import parse_template

    parse_template({"i": "i"}, text)
    return text


def _moment(text: str) -> str:
    from stackfile_local.engine.runtime import Failed
    from stackfile_local.engine.runtime_functions import IMPLEMENTATIONS

    try:
        IMPLEMENTATIONS["time"](text)
    except Failed:
        raise ValueError("write a time such as 2025-01-31T10:30:00Z") from None
    return text


def _step(text: str) -> str:
    if not parse_duration(text):
        raise ValueError("write more than 0s")
    return text


class GenerateSource(Source):
    """Events that are made up of a template, always the same ones for the same seed.

    Exactly once into a stream: event number i is made once, a kill included, for the position is the number of the next
    one. A text in the template is an expression over `i` (0, 1, 2, ...), `n` (1, 2, 3, ...), the fields above it as
    `value.field`, and calls that draw: int(low, high), float(low, high[, digits]), normal(mean, deviation),
    choice(list[, weights]), chance(probability), uuid(), text(length), and time(). A text itself has quotes of its own:
    "'text'". Event numbers for which an expression fails go to the dead letters.
    """

    connector: Annotated[Literal["generate"], Trait.IMMUTABLE, AGAIN]
    template: Annotated[
        dict[str, Any],
        AfterValidator(_template),
        Trait.WHOLE,
        OnRemove.DEFAULT,
        _FROM_NOW,
        Field(
            default_factory=lambda: {"i": "i"}, description="The fields of an event, each an expression or a constant."
        ),
    ]
    key: Annotated[
        Annotated[str, AfterValidator(_key)] | None,
        _FROM_NOW,
        Field(description="An expression that yields the key of the event, as in value.user."),
    ] = None
    rate: Annotated[float | None, Field(gt=0, le=1e9, description="Events a second; unwritten, as many as can be.")] = (
        None
    )
    count: Annotated[
        int | None, Field(ge=1, strict=True, description="How many events there are, ever; unwritten, there is no end.")
    ] = None
    seed: Annotated[
        int | None,
        _FROM_NOW,
        Field(strict=True, description="Another seed, other events. Unwritten, the source's id is the seed."),
    ] = None
    start: Annotated[
        Annotated[str, AfterValidator(_moment)] | None,
        _FROM_NOW,
        Field(description="What time() gives in event 0; unwritten, it is the moment at which an event is made."),
    ] = None
    step: Annotated[
        Annotated[Period, AfterValidator(_step)] | None,
        _FROM_NOW,
        Field(description="With `start`: from the time of one event to that of the next. Unwritten, as `rate`; or 1s."),
    ] = None
