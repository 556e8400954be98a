"""Included files: found by name or by glob, read once each, and united with the stackfile that includes them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from stackfile.errors import DiagnosticError
from stackfile.language.documents import Documents
from stackfile.language.findings import Fault, Findings, did_you_mean
from stackfile.language.reader import Reader, describe
from stackfile.language.requires import refuse_other_version
from stackfile.language.source import Document, Raw, Template
from stackfile.language.stackfile import Inputs
from stackfile.language.union import united
from stackfile.language.yamltext import read_document
from stackfile.values import Path

_GLOB = re.compile(r"[*?\[]")


def read_documents(text: bytes, file: str, inputs: Inputs, findings: Findings, folder: str | None = None) -> Documents:
    """A file and all that it includes, directly or not. `folder` is what the files of `inputs` are relative to, named
    as `file` is; it is the file's own where that is not said.

    Raises DiagnosticError where one of them cannot be read as a whole: whatever names a part of it would seem wrong;
    and where one needs another version of this program.
    """
    folder = posixpath.dirname(file) if folder is None else folder
    inclusion = _Inclusion(inputs, folder, findings)
    document = read_document(text, file, findings)
    inclusion.read(_File(file.removeprefix(folder).lstrip("/"), document))
    if inclusion.incomplete:
        findings.raise_if_any()
    return united([one.document for one in inclusion.files.values()], findings)


@dataclass(frozen=True, slots=True)
class _File:
    """`name` is relative to the folder of the stackfile. `said_at` is where another file names it, without a glob."""

    name: str
    document: Document
    parent: _File | None = None
    said_at: str = ""

    def way(self) -> list[_File]:
        """The files from the stackfile to this one, each included by the one before."""
        way = [self]
        while (parent := way[-1].parent) is not None:
            way.append(parent)
        return way[::-1]


class _Inclusion:
    def __init__(self, inputs: Inputs, folder: str, findings: Findings) -> None:
        self._inputs = inputs
        self._folder = folder
        self._findings = findings
        self.files: dict[str, _File] = {}
        self.incomplete = False

    def read(self, first: _File) -> None:
        self.files[first.name] = first
        left = [first]
        for file in left:  # grows
            refuse_other_version(file.document)
            for at, item in self._items(file):
                for found in self._take(item, at, file):
                    self.files[found.name] = found
                    left.append(found)

    def _items(self, file: _File) -> list[tuple[Path, Raw]]:
        root = file.document.root
        raw = root.get("include") if isinstance(root, dict) else None
        if isinstance(raw, list):
            return [(("include", at), item) for at, item in enumerate(raw)]
        if raw is not None:
            help = ("write:  include: [teams/*.yaml]",)
            fault = Fault("type-wrong", f"`include` takes a list of files, not {describe(raw)}", "", help)
            self._report(fault, file, ("include",))
        return []

    def _take(self, item: Raw, at: Path, file: _File) -> Iterator[_File]:
        """Opens the files that one item of `include` says, but for those that are there already."""
        said_at = ""
        try:
            if isinstance(item, Template):
                raise Fault("template-misplaced", "`include` must be known without a template")
            if not isinstance(item, str) or not item:
                raise Fault("type-wrong", f"`include` takes paths of files, not {describe(item or None)}")
            if _GLOB.search(item):
                names = self._matching(item, file)
            else:
                names = self._named(item, file)
                said_at = str(file.document.value_place(at)[0])
        except Fault as fault:
            self._report(fault, file, at)
            return
        for name in names:
            document = self._open(name, file, at)
            if document is not None:
                yield _File(name, document, file, said_at)

    def _named(self, item: str, file: _File) -> list[str]:
        """Raises Fault."""
        name = self._inside(posixpath.join(posixpath.dirname(file.name), item), item)
        known = self.files.get(name)
        if known is None:
            return [name]
        way = file.way()
        if known in way:
            round_trip = " -> ".join(self._shown(one.name) for one in (*way[way.index(known) :], known))
            raise Fault("include-cycle", f"a file cannot include itself: {round_trip}", "remove it")
        if known.said_at:
            raise Fault("include-duplicate", f"{self._shown(name)} is included twice", f"first at {known.said_at}")
        return []

    def _matching(self, item: str, file: _File) -> list[str]:
        """Raises Fault."""
        if self._inputs.list_files is None:
            raise Fault("include-missing", f"cannot look for {item}: files are not available here")
        here = _GLOB.sub(lambda sign: f"[{sign[0]}]", posixpath.dirname(file.name))
        found = sorted(self._inputs.list_files(self._inside(posixpath.join(here, item), item)))
        if not found:
            raise Fault("include-missing", f"no file matches {item}")
        return [name for name in found if name not in self.files]

    def _inside(self, path: str, item: str) -> str:
        """The path relative to the folder of the stackfile. Raises Fault."""
        name = posixpath.normpath(path)
        if name.startswith(("/", "../")) or name == "..":
            folder = self._folder or "this folder"
            help = ("a stack is what is in its folder: link or copy the file into it",)
            raise Fault("include-outside", f"{item} is outside of {folder}", "", help)
        return name

    def _open(self, name: str, parent: _File, at: Path) -> Document | None:
        try:
            return read_document(self._read(name), self._shown(name), self._findings)
        except Fault as fault:
            self._report(fault, parent, at)
        except DiagnosticError:
            self.incomplete = True
        return None

    def _read(self, name: str) -> bytes:
        """Raises Fault."""
        shown = self._shown(name)
        if self._inputs.read_file is None:
            raise Fault("include-missing", f"cannot read {shown}: files are not available here")
        try:
            return self._inputs.read_file(name)
        except (FileNotFoundError, NotADirectoryError):
            raise Fault("include-missing", f"there is no file {shown}", self._near(name)) from None
        except IsADirectoryError:
            label = f"write {posixpath.join(shown, '*.yaml')}"
            raise Fault("include-missing", f"{shown} is a folder", label) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise Fault("include-missing", f"cannot read {shown}: {reason or 'its name is none'}") from None

    def _near(self, name: str) -> str:
        """The label that proposes a file beside one that is not there."""
        if self._inputs.list_files is None:
            return ""
        beside = self._inputs.list_files(posixpath.join(posixpath.dirname(name), "*"))
        return did_you_mean(posixpath.basename(name), sorted(map(posixpath.basename, beside)))

    def _shown(self, name: str) -> str:
        return posixpath.join(self._folder, name)

    def _report(self, fault: Fault, file: _File, at: Path) -> None:
        self.incomplete = True
        Reader(Documents.of(file.document), self._findings).at_value(fault, at)
