"""The files that are to be formatted, and each of them with what formatting makes of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

from stackfile.cli.exit_codes import Exit
from stackfile.cli.writing import write_whole
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.findings import Findings
from stackfile.language.fmt.format import Unformattable, formatted
from stackfile.language.source import Document
from stackfile.language.yamltext import read_document

_NAMES: Final = ("stack.yaml", "stack.yml")


@dataclass(frozen=True, slots=True)
class Formatted:
    """One file. `new` is its text in the one layout, None where it has that already or has `problems`."""

    file: Path
    old: str
    new: str | None = None
    problems: Sequence[Diagnostic] = ()

    def write(self) -> None:
        if self.new is not None:
            write_whole(self.file, self.new.encode())

    def diff(self) -> str:
        old, new = (text.splitlines(keepends=True) for text in (self.old, self.new or ""))
        lines = unified_diff(old, new, str(self.file), str(self.file))
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def format_file(file: Path) -> Formatted:
    """Writes nothing. Raises OSError."""
    return _formatted(file, file.read_bytes())


def _formatted(file: Path, content: bytes) -> Formatted:
    try:
        _document(content, file)
        old = content.decode("utf-8")
        new = formatted(old)
    except DiagnosticError as error:
        return Formatted(file, "", problems=error.diagnostics)
    except Unformattable as error:
        says = f"{file} stays as it is: {error}"
        help = ("Write that part in a plainer way, then give the same command again.",)
        return Formatted(file, "", problems=[Diagnostic("fmt-unsafe", says, help=help)])
    return Formatted(file, old, new if new != old else None)


def _document(content: bytes, file: Path) -> Document:
    """Raises DiagnosticError with every mistake of the text."""
    findings = Findings()
    document = read_document(content, str(file), findings)
    findings.raise_if_any()
    return document


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files that are meant, each once. Raises DiagnosticError for a path that leads nowhere."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            stackfiles = _stackfiles(path)
            if not stackfiles:
                help = "Name the files, or another folder."
                raise DiagnosticError.of("stackfile-missing", f"there is no stack.yaml in {path}", help)
        elif path.exists():
            stackfiles = [path]
        else:
            help = "Name another one, or begin with: stack init"
            raise DiagnosticError.of("stackfile-missing", f"there is no {path} here", help)
        for file in stackfiles:
            found[file] = None
            found.update(dict.fromkeys(_included(file, file.parent, {file})))
    return list(found)


def _stackfiles(folder: Path) -> list[Path]:
    hidden = (file for name in _NAMES for file in folder.rglob(name))
    return sorted(f for f in hidden if not any(part.startswith(".") for part in f.relative_to(folder).parts))


def _included(file: Path, folder: Path, seen: set[Path]) -> Iterator[Path]:
    """What a file includes, and what that includes; nothing of a file with a mistake."""
    try:
        root = _document(file.read_bytes(), file).root
    except DiagnosticError:
        return
    items = root.get("include") if isinstance(root, dict) else None
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, str) or not item or Path(item).is_absolute():
            continue
        for one in sorted(folder.glob(item)):
            if one.is_file() and one not in seen:
                seen.add(one)
                yield one
                yield from _included(one, folder, seen)


def through(*, check: bool) -> Exit:
    """From stdin to stdout."""
    content = sys.stdin.buffer.read()
    one = _formatted(Path("-"), content)
    if one.problems:
        raise DiagnosticError(one.problems)
    if not check:
        sys.stdout.write(one.new if one.new is not None else one.old)
    return Exit.DIFFERENCES if check and one.new is not None else Exit.DONE
