"""Paths of fields as a person writes them: `config.a.b` may mean a key with a dot; the schema and the body tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from stackfile.sdk.schema import FieldSchema, Schema, Shape
from stackfile.values import Path, Tree, Value, print_path

_STEP = re.compile(r"""\.?([^.\[\]"'\s]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\['([^']*)'\]""")
_MOST = 400
"""How many fields of one resource are looked at for a proposal."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One part of a path as written. `exact`: in brackets and quotes, so it is one key whatever dots it has."""

    text: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path has led: to a model (`schema`), into a map with keys of the user's own (`free`), or to a leaf.

    `inner` is the model of a free map's entries; `value` is what the file has here.
    """

    schema: Schema | None
    free: bool
    inner: Schema | None
    value: Value

    def names(self) -> list[str]:
        if self.schema is not None:
            return list(self.schema.fields)
        return [str(key) for key in self.value] if self.free and isinstance(self.value, Mapping) else []

    def below(self, name: str, *, exact: bool) -> _Place | None:
        """None where no such key can be. Keys of a map that the file does not spell out are taken as they come."""
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        if self.schema is not None:
            field = self.schema.fields.get(name)
            return _of_field(field, value) if field is not None else None
        if not self.free or not (exact or name in self.names() or not isinstance(self.value, Mapping)):
            return None
        if self.inner is not None:
            return _Place(self.inner, False, None, value)
        return _Place(None, not isinstance(value, list | int | float), None, value)


def readings(text: str, schema: Schema, body: Tree) -> tuple[Path, ...]:
    """Every path that the text may mean in a resource; none where it means nothing. Raises ValueError for text that
    is no path, and for one that leads into a list."""
    steps = _steps(text)
    if not steps:
        raise ValueError(f"`{text}` is no field")
    return tuple(dict.fromkeys(_read(steps, _Place(schema, False, None, body))))


def known_paths(schema: Schema, body: Tree) -> dict[str, str]:
    """What may be written for the fields of a resource: dotted, and as it is printed."""
    found: dict[str, str] = {}
    for path in _walk(_Place(schema, False, None, body), ()):
        found[".".join(map(str, path))] = print_path(path)
        if len(found) >= _MOST:
            break
    return found


def _of_field(field: FieldSchema, value: Value) -> _Place:
    if field.shape is Shape.MODEL:
        return _Place(field.inner, False, None, value)
    return _Place(None, field.shape is Shape.MAP, field.inner if field.shape is Shape.MAP else None, value)


def _steps(text: str) -> list[_Step]:
    steps: list[_Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (match[1] is not None and (text[at] == ".") != bool(steps)):
            raise ValueError(f'`{text}` is no field: write it as in config.a or config["a.b"]')
        bare, index, quoted, single = match.groups()
        if index is not None:
            whole = text[: match.start()]
            raise ValueError(f"`{text}`: a list counts as a whole: write {whole}")
        key = bare if bare is not None else json.loads(quoted) if quoted is not None else single
        steps.append(_Step(str(key), bare is None))
        at = match.end()
    return steps


def _read(steps: list[_Step], place: _Place) -> Iterator[Path]:
    if not steps:
        yield ()
        return
    wide = 1 if steps[0].exact else sum(1 for _ in takewhile(lambda step: not step.exact, steps))
    for number in range(1, wide + 1):
        name = ".".join(step.text for step in steps[:number])
        below = place.below(name, exact=steps[0].exact)
        if below is not None:
            yield from ((name, *rest) for rest in _read(steps[number:], below))
        if place.schema is None and not isinstance(place.value, Mapping):
            break  # the file does not spell these keys out: each part is one


def _walk(place: _Place, path: Path) -> Iterator[Path]:
    for name in place.names():
        below = place.below(name, exact=True)
        if below is not None:
            yield (*path, name)
            yield from _walk(below, (*path, name))
