"""Text to a document: the way into the language for a stackfile, a data file and a value from the command line."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from stackfile.language.builder import FAST_LOADER, Builder, Stop
from stackfile.language.findings import Fault, Findings
from stackfile.language.source import Document, Raw, Source
from stackfile.values import Value

_LARGE = 200_000
"""Objects made while loading; about 5,000 resources."""


def read_document(text: bytes, file: str, findings: Findings, loader_type: Any = FAST_LOADER) -> Document:
    """The document of a stackfile. Raises DiagnosticError where the text cannot be read as a whole."""
    findings.begin(file)
    try:
        builder = Builder(_decoded(text, file, findings), findings)
        document = builder.build(loader_type)
    except Stop:
        findings.raise_if_any()
        raise
    if builder.lost_section:
        findings.raise_if_any()
    return document


def read_values(text: bytes, file: str) -> dict[str, Value]:
    """The map of variables that a file of `--var-file` holds; nothing in it is a template. Raises DiagnosticError."""
    findings = Findings()
    root: Raw = None
    try:
        document = Builder(_decoded(text, file, findings), findings, raw=True).build()
        root = document.root
        if not isinstance(root, dict) and root is not None:
            help = ("write:  name: value",)
            findings.add(Fault("type-wrong", "a file of variables is a map", "", help), document.key_place(()))
    except Stop:
        pass
    findings.raise_if_any()
    return cast("dict[str, Value]", root or {})


def read_data(text: str) -> Raw:
    """The data that a YAML text holds; nothing in it is a template. Raises Fault with what is wrong."""
    findings = Findings()
    try:
        root = Builder(Source("", text), findings, raw=True).build().root
    except Stop:
        root = None
    first = findings.first()
    if first is not None:
        raise Fault(first.code, first.message)
    return root


def _decoded(text: bytes, file: str, findings: Findings) -> Source:
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        return Source(file, text.decode("utf-8"))
    except UnicodeDecodeError as error:
        source = Source(file, text.decode("utf-8", "replace"))
        at = len(text[: error.start].decode("utf-8"))
        fault = Fault("yaml-encoding", f"not UTF-8: byte 0x{text[error.start]:02x}", "", ("save the file as UTF-8",))
        findings.add(fault, source.place(at, at + 1))
        raise Stop from None


@contextmanager
def collector_off() -> Iterator[None]:
    """Keeps the cyclic collector from walking a growing tree that holds no cycles; it would double the time.

    What a large file made is put out of the collector's sight for good, as it would walk all of it at once afterwards.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > _LARGE:
            gc.freeze()
        if was_on:
            gc.enable()
