"""The text of `stack.lock`: what services said of themselves, by provider, one line a key. JSON, as that is quick."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stackfile.errors import Diagnostic, DiagnosticError, Span
from stackfile.language.builder import Builder, Stop
from stackfile.language.findings import Findings
from stackfile.language.source import Source
from stackfile.sdk.catalogue import Catalogue, CatalogueWrong

VERSION: Final = 1
_DEPTH: Final = 4
"""Section, connector, key, fact."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that was read. `text` is kept for the places of what is wrong in it."""

    file: str
    text: str
    catalogues: Mapping[str, Catalogue]

    def wrong(self, service: str, error: CatalogueWrong) -> DiagnosticError:
        """What a provider says of its part."""
        path = ("providers", service, *error.path)
        return _damaged(self.file, self.text, path, f"{'.'.join(error.path)}: {error.says}", service)


def read_lock(text: bytes, file: str) -> Lock:
    """Raises DiagnosticError for one that is damaged, or of a later version."""
    decoded = text.decode("utf-8", "replace")
    try:
        found = json.loads(decoded)
    except ValueError as error:
        raise _no_json(file, decoded, error) from None
    except RecursionError:
        raise _damaged(file, decoded, (), "it is nested too deep") from None
    if not isinstance(found, dict):
        raise _damaged(file, decoded, (), "it is no map")
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged(file, decoded, ("version",), "`version` is not 1")
    if version > VERSION:
        raise _newer(file, decoded, version)
    providers = found.get("providers")
    for path, says in _misshapen(providers, ("providers",), _DEPTH + 1):
        raise _damaged(file, decoded, path, says)
    return Lock(file, decoded, providers or {})


def lock_text(catalogues: Mapping[str, Catalogue]) -> str:
    """The same text for the same catalogues."""
    return f'{{\n "version": {VERSION},\n "providers": {_block(catalogues, 2, _DEPTH)}\n}}\n'


def _block(tree: Mapping[str, Any], indent: int, depth: int) -> str:
    """Maps over lines, down to facts, which share the line of their key."""
    if not tree:
        return "{}"
    pad = " " * indent
    lines = (
        f"{pad}{json.dumps(name, ensure_ascii=False)}: {_value(tree[name], indent, depth)}" for name in sorted(tree)
    )
    return "{\n" + ",\n".join(lines) + f"\n{' ' * (indent - 1)}}}"


def _value(value: Any, indent: int, depth: int) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if depth == 1 else _block(value, indent + 1, depth - 1)


def _misshapen(value: object, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(value, dict):
        yield path, f"`{path[-1]}` is no map"
    elif depth > 1:
        for name, one in value.items():
            yield from _misshapen(one, (*path, name), depth - 1)


def _damaged(file: str, text: str, path: tuple[str, ...], says: str, service: str = "") -> DiagnosticError:
    span, line = _place(file, text, path)
    return DiagnosticError([Diagnostic("stack-lock-damaged", says, span=span, source=line, help=_ways(file, service))])


def _no_json(file: str, text: str, error: ValueError) -> DiagnosticError:
    """A merge that was left half done is the usual cause."""
    line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
    source = (text.splitlines() or [""])[min(line, max(text.count("\n"), 1)) - 1]
    is_merge = source.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||"))
    says = "a merge was not ended here" if is_merge else f"it is no JSON: {getattr(error, 'msg', error)}"
    span = Span(file, line, column, line, column + 1)
    return DiagnosticError([Diagnostic("stack-lock-damaged", says, span=span, source=source, help=_ways(file, ""))])


def _newer(file: str, text: str, version: int) -> DiagnosticError:
    span, line = _place(file, text, ("version",))
    says = f"version {version} is of a later stackfile; this one reads version {VERSION}"
    help = ("Install that one: pip install --upgrade stackfile",)
    return DiagnosticError([Diagnostic("stack-lock-newer", says, span=span, source=line, help=help)])


def _ways(file: str, service: str) -> tuple[str, ...]:
    again = f"stack providers sync {service}".rstrip()
    return (f"Take it as it was committed: git checkout {file}", f"Or delete it and make it anew: {again}")


def _place(file: str, text: str, path: tuple[str, ...]) -> tuple[Span, str]:
    """Read anew as YAML, which has places; where it has none of that path, the nearest around it."""
    try:
        document = Builder(Source(file, text), Findings(), raw=True).build()
    except Stop:
        return Span(file, 1, 1, 1, 2), (text.splitlines() or [""])[0]
    return document.key_place(path[: document.depth(path)])
