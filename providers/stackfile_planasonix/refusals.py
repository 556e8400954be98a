"""What the API refuses, by the names that a stackfile has for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from stackfile.errors import ProviderError, Refusal
from stackfile_planasonix.wire import snake


@contextmanager
def as_written(renamed: Mapping[str, str]) -> Iterator[None]:
    """Within it, what is refused of `pipelineId` is of `pipeline`. `renamed` has the API's names, in snake_case, by
    ours; what is inside a field goes by its own name on both sides."""
    ours = {there: here for here, there in renamed.items()}
    try:
        yield
    except ProviderError as error:
        error.fields = tuple(replace(one, path=_ours(one.path, ours)) for one in error.fields)
        if len(error.fields) == 1:
            error.fields = (_explained(error.fields[0], error.message.partition(": ")[2]),)
        raise


def _explained(field: Refusal, says: str) -> Refusal:
    """An issue is a word, such as `blank`; what the answer says as a whole is about the one field that it names."""
    if not says:
        return field
    return replace(field, message=says if field.message in says else f"{says} ({field.message})")


def _ours(path: str, ours: Mapping[str, str]) -> str:
    first, dot, rest = path.partition(".")
    name = snake(first)
    return f"{ours.get(name, name)}{dot}{rest}"
