"""The documents of one stackfile as one tree, in which every entry of a section still knows the file it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from stackfile.language.source import Document, Place, Raw, Template
from stackfile.values import Path

_Home = tuple[Document, Path]
"""A document, and the path in it of what is at another path in the tree of all."""


@dataclass(frozen=True, slots=True)
class Documents:
    """`every` begins with the stackfile itself; what it includes follows. It answers for all as a Document for one.

    `root` is the tree of all documents. `homes` knows the entries of sections that are not in the stackfile itself,
    and `sections` the sections that are only in other documents.
    """

    every: Sequence[Document]
    root: Raw
    templated: Collection[int]
    has_unset: bool
    homes: Mapping[Path, _Home] = field(default_factory=dict)
    sections: Mapping[str, Document] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> Documents:
        """A document alone."""
        return cls((document,), document.root, document.templated, document.has_unset)

    @property
    def file(self) -> str:
        """The stackfile itself."""
        return self.every[0].source.file

    def home(self, path: Path) -> _Home:
        """The document that holds a path of the tree of all, and the path in that document."""
        if not self.homes and not self.sections:
            return self.every[0], path
        found = self.homes.get(path[:2])
        if found is not None:
            return found[0], (*found[1], *path[2:])
        return self.sections.get(str(path[0]), self.every[0]) if path else self.every[0], path

    def has_templates(self, raw: Raw) -> bool:
        return isinstance(raw, Template) or id(raw) in self.templated

    def depth(self, path: Path) -> int:
        """How many steps of the path exist."""
        document, local = self.home(path)
        return document.depth(local)

    def value_place(self, path: Path, written: str = "") -> Place:
        """Where the value at a path stands, or the part of it that is written so; else the nearest key above it."""
        document, local = self.home(path)
        return document.value_place(local, written)

    def part_place(self, path: Path, start: int, end: int) -> Place | None:
        """Where a part of a plain text at a path stands; None where quotes, lines or a template hide it."""
        document, local = self.home(path)
        return document.part_place(local, start, end)

    def key_place(self, path: Path) -> Place:
        """Where the key (or list item) at a path stands, or else the nearest one above it that exists."""
        document, local = self.home(path)
        return document.key_place(local)
