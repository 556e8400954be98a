"""The files of modules: found beside the file that uses them, read once, and what sections they may have."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stackfile.address import SECTIONS
from stackfile.language.documents import Documents
from stackfile.language.findings import Fault, Findings, did_you_mean, listing
from stackfile.language.include import read_documents
from stackfile.language.places import REACHING_IN
from stackfile.language.reader import Reader
from stackfile.language.source import Raw
from stackfile.language.stackfile import Inputs
from stackfile.language.structure import VERSION, Structure

NAME = "module.yaml"
"""The file of a module that is said by its folder."""

_SECTIONS = ("version", "include", "variables", "locals", "outputs", "modules", *SECTIONS)
_OF_THE_STACK = (
    "name", "requires", "environments", "state", "defaults", "providers", "moved", "removed", "imports", "policies",
    "checks",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """`name` is relative to the folder of the stack."""

    name: str
    structure: Structure
    reader: Reader


class ModuleFiles:
    """Reads each file once, however often it is used. `stack` is the structure of the stack itself."""

    def __init__(self, stack: Structure, inputs: Inputs, findings: Findings) -> None:
        self._stack = stack
        self._inputs = inputs
        self._findings = findings
        self._folder = posixpath.dirname(stack.documents.file)
        self._known: dict[str, ModuleFile] = {}

    def open(self, source: str, user: str) -> ModuleFile:
        """The module that a file, `user`, names. Raises Fault, and DiagnosticError where it cannot be read as YAML."""
        path = _path(source, user.removeprefix(self._folder).lstrip("/"))
        if path not in self._known:
            name, text = self._read(path, source)
            shown = posixpath.join(self._folder, name)
            documents = read_documents(text, shown, self._inputs, self._findings, self._folder)
            reader = Reader(documents, self._findings)
            self._known[path] = ModuleFile(name, self._outline(reader), reader)
        return self._known[path]

    def _read(self, path: str, source: str) -> tuple[str, bytes]:
        """The name of the file and its text. Raises Fault."""
        read_file = self._inputs.read_file
        if read_file is None:
            raise Fault("module-missing", f"cannot read {source}: files are not available here")
        try:
            return path, read_file(path)
        except IsADirectoryError:
            name = posixpath.join(path, NAME)
        except (OSError, ValueError):
            help = (f"a module is a folder with a {NAME}, or a file",)
            raise Fault("module-missing", f"there is no module {source}", "", help) from None
        try:
            return name, read_file(name)
        except (OSError, ValueError):
            raise Fault("module-missing", f"the folder {source} has no {NAME}") from None

    def _outline(self, reader: Reader) -> Structure:
        root = reader.document.root
        if not isinstance(root, dict):
            reader.at_value(Fault("type-wrong", "a module is a map of sections"), ())
            root = {}
        for document in reader.document.every:
            if isinstance(document.root, dict):
                _check_sections(document.root, Reader(Documents.of(document), reader.findings))
        maps = {section: reader.map(root.get(section), (section,)) for section in _SECTIONS[2:]}
        for section, entries in maps.items():
            reader.check_identifiers(entries, (section,))
        return replace(
            self._stack,
            documents=reader.document,
            environments={},
            variables=maps["variables"],
            locals=maps["locals"],
            outputs=maps["outputs"],
            modules=maps["modules"],
            providers={},
            defaults=_reaching_in(self._stack.defaults),
            sections={section: maps[section] for section in SECTIONS},
        )


def _path(source: str, user: str) -> str:
    """Relative to the folder of the stack. Raises Fault."""
    if "://" in source or source.startswith("git@"):
        help = ("copy it into this folder, or link it",)
        raise Fault("module-missing", f"{source} is not on this machine: a module is a folder or a file", "", help)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(user), source))
    if path.startswith(("/", "../")) or path == "..":
        help = ("a stack is what is in its folder: link or copy the module into it",)
        raise Fault("module-outside", f"{source} is outside of the stack's folder", "", help)
    return path


def _check_sections(root: Mapping[str, Raw], reader: Reader) -> None:
    for key in root:
        if key in _SECTIONS or key.startswith("x-"):
            continue
        label = did_you_mean(key, _SECTIONS)
        help = () if label else (f"sections of a module: {listing(_SECTIONS, 20)}",)
        message = f"no section `{key}`"
        if key in _OF_THE_STACK:
            label, help, message = "", (), f"`{key}` is said by the stack, and not in a module"
        code = "section-misplaced" if key in _OF_THE_STACK else "section-unknown"
        reader.at_key(Fault(code, message, label, help), (key,))
    version = root.get("version", VERSION)
    if version != VERSION or version is True:
        fault = Fault("version-unknown", f"this program reads version {VERSION} of a module", f"write {VERSION}")
        reader.at_value(fault, ("version",))


def _reaching_in(defaults: Mapping[str, Raw]) -> dict[str, Raw]:
    """What defaults of the stack say for its modules."""
    out = {key: raw for key, raw in defaults.items() if key in REACHING_IN}
    for section in SECTIONS:
        own = defaults.get(section)
        if isinstance(own, dict):
            out[section] = {key: raw for key, raw in own.items() if key in REACHING_IN}
    return out
