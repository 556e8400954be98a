"""Where a part of a resource stands: in its own entry, or in the defaults that were merged under it."""

from __future__ import annotations

from dataclasses import dataclass

from stackfile.language.documents import Documents
from stackfile.language.findings import Fault
from stackfile.language.reader import Reader
from stackfile.language.source import Place
from stackfile.values import Path

REACHING_IN = ("provider", "name")
"""What `defaults` of a stack say for the resources in its modules too."""


@dataclass(frozen=True, slots=True)
class Places:
    reader: Reader
    stack_itself: Documents | None = None
    """Where the defaults are that reach into a module. None: this is the stack itself."""

    @property
    def document(self) -> Documents:
        return self.reader.document

    def absolute(self, declared: Path, path: Path) -> Path:
        """The path in the document of a path in a resource."""
        return self._home(declared, path)[1]

    def _home(self, declared: Path, path: Path) -> tuple[Documents, Path]:
        """Where a path in a resource is written; its own entry, where it is not written at all."""
        own = (*declared, *path)
        if path and self.document.depth(own) < len(own):
            defaults = self.stack_itself or self.document
            for default in (("defaults", declared[0], *path), ("defaults", *path)):
                if defaults.depth(default) == len(default) and (defaults is self.document or path[0] in REACHING_IN):
                    return defaults, default
        return self.document, own

    def value(self, declared: Path, path: Path, written: str = "") -> Place:
        document, at = self._home(declared, path)
        return document.value_place(at, written)

    def key(self, declared: Path, path: Path) -> Place:
        document, at = self._home(declared, path)
        return document.key_place(at)

    def report_value(self, fault: Fault, declared: Path, path: Path, address: object) -> None:
        self.reader.findings.add(fault, self.value(declared, path, fault.written), str(address))

    def report_part(
        self, fault: Fault, declared: Path, path: Path, within: tuple[int, int] | None, address: object
    ) -> None:
        """At a part of a text, given by its offsets; at all of it where it is not written as it reads."""
        place = self._part(declared, path, within) if within is not None else None
        self.reader.findings.add(fault, place or self.value(declared, path), str(address))

    def _part(self, declared: Path, path: Path, within: tuple[int, int]) -> Place | None:
        document, at = self._home(declared, path)
        return document.part_place(at, *within)

    def report_key(self, fault: Fault, declared: Path, path: Path, address: object) -> None:
        self.reader.findings.add(fault, self.key(declared, path), str(address))
