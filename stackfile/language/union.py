"""Several documents as one tree: sections are put together entry by entry, and an entry is in one document only."""

from __future__ import annotations

from collections.abc import Sequence

from stackfile.language.documents import Documents
from stackfile.language.findings import Fault, Findings
from stackfile.language.reader import Reader
from stackfile.language.source import Document, Raw
from stackfile.values import Path

OF_THE_STACKFILE = ("name", "state", "environments")
"""What is said once for a stack, and so not in a file that is included."""

_OF_EACH_FILE = ("version", "requires", "include")
_LISTS = ("moved", "removed", "imports")


def united(every: Sequence[Document], findings: Findings) -> Documents:
    """The tree of all documents. What is there twice is recorded, with both places, and the first one counts."""
    if len(every) == 1 or not isinstance(every[0].root, dict):
        return Documents.of(every[0])
    union = _Union(every[0], every[0].root, findings)
    for document in every[1:]:
        union.add(document)
    templated = frozenset().union(*(one.templated for one in every))
    has_unset = any(one.has_unset for one in every)
    return Documents(tuple(every), union.root, templated, has_unset, union.homes, union.sections)


class _Union:
    def __init__(self, first: Document, root: dict[str, Raw], findings: Findings) -> None:
        self._first = first
        self._own = root
        self._findings = findings
        self._copied: set[str] = set()
        self.root = dict(root)
        self.homes: dict[Path, tuple[Document, Path]] = {}
        self.sections: dict[str, Document] = {}

    def add(self, document: Document) -> None:
        reader = Reader(Documents.of(document), self._findings)
        if not isinstance(document.root, dict):
            if document.root is not None:
                reader.at_value(Fault("type-wrong", "an included file is a map of sections"), ())
            return
        for section, raw in document.root.items():
            if section in OF_THE_STACKFILE:
                file = self._first.source.file
                message = f"`{section}` is said once for a stack, and not in a file that is included"
                reader.at_key(Fault("section-misplaced", message, f"move it to {file}"), (section,))
            elif section not in _OF_EACH_FILE and not section.startswith("x-") and raw is not None:
                self._section(section, raw, document, reader)

    def _section(self, section: str, raw: Raw, document: Document, reader: Reader) -> None:
        if section not in self._own:
            self.sections.setdefault(section, document)
        if section in _LISTS and isinstance(raw, list):
            self._append(section, raw, document)
        elif isinstance(raw, dict) and section not in _LISTS:
            self._merge(section, raw, document, reader)
        else:
            reader.wrong(raw, (section,), "a list" if section in _LISTS else "a map")

    def _append(self, section: str, items: list[Raw], document: Document) -> None:
        merged = self._merged(section, [])
        if isinstance(merged, list):
            for at, item in enumerate(items):
                self.homes[section, len(merged)] = (document, (section, at))
                merged.append(item)

    def _merge(self, section: str, entries: dict[str, Raw], document: Document, reader: Reader) -> None:
        merged = self._merged(section, {})
        if not isinstance(merged, dict):
            return
        for key, raw in entries.items():
            path: Path = (section, key)
            if key in merged:
                first, local = self.homes.get(path, (self._first, path))
                label = f"the first one is at {first.key_place(local)[0]}"
                reader.at_key(Fault("key-duplicate", f"`{key}` is there twice in {section}", label), path)
            else:
                merged[key] = raw
                self.homes[path] = (document, path)

    def _merged(self, section: str, empty: Raw) -> Raw:
        """The section in the tree of all, to be changed; a document's own tree stays as it is."""
        if section not in self._copied:
            self._copied.add(section)
            found = self.root.get(section)
            copied: Raw = dict(found) if isinstance(found, dict) else list(found) if isinstance(found, list) else found
            self.root[section] = empty if copied is None else copied
        return self.root[section]
