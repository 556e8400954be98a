"""Where a part of a resource stands: in its own entry, or in the defaults that were merged under it."""

from __future__ import annotations

from dataclasses import dataclass

from stackfile.language.documents import Documents
from stackfile.language.findings import Fault
from stackfile.language.reader import Reader
from stackfile.language.source import Place
from stackfile.values import Path


@dataclass(frozen=True, slots=True)
class Places:
    reader: Reader

    @property
    def document(self) -> Documents:
        return self.reader.document

    def absolute(self, declared: Path, path: Path) -> Path:
        """The path in the document of a path in a resource."""
        own = (*declared, *path)
        if self.document.depth(own) < len(own):
            for default in (("defaults", declared[0], *path), ("defaults", *path)):
                if path and self.document.depth(default) == len(default):
                    return default
        return own

    def value(self, declared: Path, path: Path, written: str = "") -> Place:
        return self.document.value_place(self.absolute(declared, path), written)

    def key(self, declared: Path, path: Path) -> Place:
        return self.document.key_place(self.absolute(declared, path))

    def report_value(self, fault: Fault, declared: Path, path: Path, address: object) -> None:
        self.reader.findings.add(fault, self.value(declared, path, fault.written), str(address))

    def report_part(
        self, fault: Fault, declared: Path, path: Path, within: tuple[int, int] | None, address: object
    ) -> None:
        """At a part of a text, given by its offsets; at all of it where it is not written as it reads."""
        place = self.document.part_place(self.absolute(declared, path), *within) if within is not None else None
        self.reader.findings.add(fault, place or self.value(declared, path), str(address))

    def report_key(self, fault: Fault, declared: Path, path: Path, address: object) -> None:
        self.reader.findings.add(fault, self.key(declared, path), str(address))
