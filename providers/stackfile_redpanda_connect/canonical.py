"""JSON that the engine, which reads every body as YAML, takes and gives back as it was sent.

UTF-8 with those characters escaped that YAML would refuse or fold, no surrogate pairs, and each key and item on a line
of its own: the engine names lines, and a line leads back to what stands there.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stackfile.values import Path, print_path

_FOLDED: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_LONGEST_KEY: Final = 1022
_LEAST, _MOST = -(2**63), 2**64 - 1


class NotCanonical(ValueError):
    """A value that the engine would not take, or not keep. `path` is where it stands."""

    def __init__(self, path: Path, says: str) -> None:
        super().__init__(f"{print_path(path)}: {says}" if path else says)
        self.path = path
        self.says = says


@dataclass(frozen=True, slots=True)
class Document:
    """A body, and the path of what stands on each of its lines."""

    body: bytes = field(repr=False)
    lines: tuple[Path, ...] = field(repr=False)

    def at(self, line: int) -> Path:
        """What stands on a line, the first being 1; the whole for one that is not there."""
        return self.lines[line - 1] if 1 <= line <= len(self.lines) else ()


def document(value: Any) -> Document:
    """Raises NotCanonical."""
    writer = _Writer()
    writer.write(value, ())
    return Document("".join(writer.parts).encode(), tuple(writer.lines))


def verbatim(value: Any) -> Document:
    """As `document`, but the engine leaves `${VAR}` in it as it stands. Raises NotCanonical."""
    made = document(value)
    return Document(made.body.replace(b"${", b"\\u0024{"), made.lines)


def received(value: Any) -> Any:
    """A value that the engine gave: whole numbers that it rounded are the floats that it has."""
    if isinstance(value, Mapping):
        return {key: received(one) for key, one in value.items()}
    if isinstance(value, list):
        return [received(one) for one in value]
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return float(value)
    return value


class _Writer:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.lines: list[Path] = [()]

    def write(self, value: Any, path: Path) -> None:
        if isinstance(value, Mapping):
            self._many("{}", ((f"{_key(key, path)}:", (*path, key), one) for key, one in value.items()))
        elif isinstance(value, list | tuple):
            self._many("[]", (("", (*path, at), one) for at, one in enumerate(value)))
        else:
            self.parts.append(_scalar(value, path))
            for _ in range(value.count("\n") if isinstance(value, str) else 0):
                self._line(path)  # lines of a mapping count on from that of its key

    def _many(self, braces: str, items: Iterable[tuple[str, Path, Any]]) -> None:
        self.parts.append(braces[0])
        for at, (key, path, value) in enumerate(items):
            if at:
                self.parts.append(",")
            self._line(path)
            self.parts.append(key)
            self.write(value, path)
        self.parts.append(braces[1])

    def _line(self, path: Path) -> None:
        self.parts.append("\n")
        self.lines.append(path)


def _key(key: Any, path: Path) -> str:
    if not isinstance(key, str):
        raise NotCanonical(path, f"the key {key!r} is no text: write it in quotes")
    text = _text(key, path)
    if len(text) > _LONGEST_KEY + 2:
        raise NotCanonical(path, f"a key of {len(key):,} characters; the engine reads keys of up to {_LONGEST_KEY:,}")
    return text


def _text(text: str, path: Path) -> str:
    if _LONE.search(text):
        raise NotCanonical(path, "half of a surrogate pair, which is no character")
    return _FOLDED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _scalar(value: Any, path: Path) -> str:
    if isinstance(value, str):
        return _text(value, path)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        if not _LEAST <= value <= _MOST:
            raise NotCanonical(path, "a whole number beyond 64 bits, which the engine rounds: write it in quotes")
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return json.dumps(value)
    raise NotCanonical(path, "no text, number, list or map that JSON knows")
