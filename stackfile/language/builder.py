"""YAML events to a tree with places. Keys told twice, foreign tags, alias bombs and unquoted templates are found here.

Works on libyaml's events, and without libyaml on those of the parser in Python. It never recurses, so that no depth of
nesting can exhaust the stack.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import yaml

from stackfile.language.findings import Fault, Findings
from stackfile.language.scalars import MAY_NOT_BE_TEXT, plain
from stackfile.language.source import UNSET, Document, Raw, Source, Template, pack, unpack
from stackfile.language.yamlfaults import broken_fault, unquoted_fault

MOST_DEPTH = 100
ALIAS_ALLOWANCE = 100_000
ALIAS_RATIO = 20
"""Aliases may add this many values for each value written, above the allowance: enough for any file made by hand or by
a generator, far too little for a bomb."""

FAST_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it."""

_NO_KEY: Final = "\0"
"""No key read yet. YAML refuses the character, so that no key equals it."""


class Stop(Exception):
    """The rest of the text cannot be read; what is wrong has been recorded."""


class _Frame:
    """One open map or list."""

    __slots__ = ("anchor", "before", "here", "is_map", "key", "key_mark", "marks", "merges", "raw", "start")

    def __init__(self, here: Any, start: int, raw: bool, anchor: str | None = None, before: int = 0) -> None:
        self.here = here
        self.is_map = type(here) is dict
        self.start = start
        self.raw = raw
        self.anchor = anchor
        self.before = before
        self.marks: list[int] = []
        self.key = _NO_KEY
        self.key_mark = 0
        self.merges: list[dict[str, Raw]] | None = None


class Builder:
    """Makes the tree of one text. In `raw` text nothing is a template, as under `!raw`."""

    def __init__(self, source: Source, findings: Findings, raw: bool = False) -> None:
        self._source = source
        self._findings = findings
        self._marks: dict[int, list[int]] = {}
        self._templated: set[int] = set()
        self._anchors: dict[str, tuple[Raw, int]] = {}
        self._written = 0
        self._aliased = 0
        self._documents = 0
        self._has_unset = False
        self.lost_section = False
        """A section that is there twice: the first one was lost, and whatever names a part of it would seem wrong."""
        self._frame = _Frame([], 0, raw)
        self._stack: list[_Frame] = []
        self._get: Callable[[], Any] = lambda: None

    def build(self, loader_type: Any = FAST_LOADER) -> Document:
        """Raises Stop where the text is no YAML; smaller mistakes are recorded and built over."""
        on: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start_map,
            yaml.SequenceStartEvent: self._start_list,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        last = yaml.StreamEndEvent
        try:
            get = self._get = loader_type(self._source.text).get_event
            while (kind := type(event := get())) is not last:
                if kind in on:
                    on[kind](event)
        except yaml.YAMLError as error:
            self._fail(*broken_fault(error, self._source))
        top = self._frame
        root, mark = (top.here[0], top.marks[0]) if top.here else (None, pack(0, 0))
        return Document(self._source, root, mark, self._marks, self._templated, self._has_unset)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            fault = Fault("yaml-documents", "a stackfile is one document, and here begins a second one")
            fault.help = ("remove the line ---, or move what follows to a file of its own",)
            self._fail(fault, event.start_mark.index, event.start_mark.index + 3)

    def _scalar(self, event: Any) -> None:
        text = event.value
        start, end = event.start_mark.index, event.end_mark.index
        frame = self._frame
        if frame.is_map and frame.key is _NO_KEY:
            self._take_key(frame, event, start, end)
            return
        value: Raw = text
        if event.tag is not None:
            value = self._tagged(event, start, end)
        elif "{{" in text:
            if not frame.raw:
                value = Template(text)
                self._templated.add(id(frame.here))
        elif event.implicit[0] and (text[:1] in MAY_NOT_BE_TEXT or not text):
            value = self._plain(text, start, end)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._put(frame, value, pack(start, end))

    def _plain(self, text: str, start: int, end: int) -> Raw:
        try:
            return plain(text)
        except ValueError as error:
            label = f'to keep it as text write "{_short(text)}"'
            self._report(Fault("number-wrong", str(error), label), start, end)
            return text

    def _tagged(self, event: Any, start: int, end: int) -> Raw:
        if event.tag == "!raw":
            return str(event.value) if event.style else self._plain(event.value, start, end)
        if event.tag == "!unset" and not event.value:
            self._has_unset = True
            return UNSET
        self._foreign_tag(event.tag, start, end)
        return str(event.value)

    def _foreign_tag(self, tag: str, start: int, end: int) -> None:
        message = "!unset takes no value" if tag == "!unset" else f"the tag {_short(_handle(tag))} is not known here"
        help = ("the two tags of a stackfile: !raw (no templates in what follows), !unset (no default here)",)
        self._report(Fault("yaml-tag", message, "", help), start, end)

    def _put(self, frame: _Frame, value: Raw, mark: int) -> None:
        self._written += 1
        if not frame.is_map:
            frame.here.append(value)
            frame.marks.append(mark)
        elif frame.key_mark < 0:
            self._note_merge(frame, value, mark)
            frame.key = _NO_KEY
        else:
            frame.here[frame.key] = value
            frame.marks += (frame.key_mark, mark)
            frame.key = _NO_KEY

    def _take_key(self, frame: _Frame, event: Any, start: int, end: int) -> None:
        key = sys.intern(event.value)
        frame.key_mark = pack(start, end)
        if key in frame.here:
            self._duplicate(frame, key, start, end)
        elif key == "<<" and event.implicit[0]:
            # A negative mark tells a merge from the text "<<" in quotes, without one more flag on every key.
            frame.key_mark = -frame.key_mark
        if event.tag is not None:
            self._foreign_tag(event.tag, start, end)
        if "{{" in key and not frame.raw:
            self._report(Fault("template-in-key", "a key cannot hold a template"), start, end)
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, 1)
        frame.key = key

    def _duplicate(self, frame: _Frame, key: str, start: int, end: int) -> None:
        at = 2 * list(frame.here).index(key)
        line, _column = self._source.position(unpack(frame.marks[at])[0])
        self._report(Fault("key-duplicate", f"`{_short(key)}` is there twice", f"first in line {line}"), start, end)
        self.lost_section |= len(self._stack) == 1
        # The marks follow the order of the map, and a key that is set again would keep its old place in it.
        del frame.here[key]
        del frame.marks[at : at + 2]

    def _start_map(self, event: Any) -> None:
        frame, start = self._frame, event.start_mark.index
        if not frame.is_map or frame.key is not _NO_KEY:
            self._open({}, event)
        elif frame.start == start - 1 and not frame.raw and self._source.text.startswith("{{", frame.start):
            self._unquoted(frame)
        else:
            self._key_wrong(event)

    def _start_list(self, event: Any) -> None:
        frame = self._frame
        if frame.is_map and frame.key is _NO_KEY:
            self._key_wrong(event)
        else:
            self._open([], event)

    def _open(self, container: list[Raw] | dict[str, Raw], event: Any) -> None:
        start, raw = event.start_mark.index, self._frame.raw
        if len(self._stack) >= MOST_DEPTH:
            self._too_deep(event)
        if event.tag == "!raw":
            raw = True
        elif event.tag is not None:
            self._foreign_tag(event.tag, start, event.end_mark.index)
        self._stack.append(self._frame)
        self._frame = _Frame(container, start, raw, event.anchor, self._written + self._aliased)

    def _end(self, event: Any) -> None:
        done, frame = self._frame, self._stack.pop()
        self._frame = frame
        if done.merges is not None:
            self._merge(done, done.merges)
        self._marks[id(done.here)] = done.marks
        if id(done.here) in self._templated:
            self._templated.add(id(frame.here))
        if done.anchor is not None:
            self._anchors[done.anchor] = (done.here, self._written + self._aliased - done.before + 1)
        self._put(frame, done.here, pack(done.start, event.end_mark.index))

    def _alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        frame = self._frame
        if frame.is_map and frame.key is _NO_KEY:
            self._report(Fault("key-wrong", "a key is written as text, not as an alias"), start, end)
            frame.key, frame.key_mark = f"*{start}", pack(start, end)
            return
        if event.anchor not in self._anchors:
            label = "an anchor stands before its aliases, and not around them"
            self._fail(Fault("yaml-alias", f"no anchor &{_short(event.anchor)} above", label), start, end)
        value, size = self._anchors[event.anchor]
        self._aliased += size
        if self._aliased > ALIAS_ALLOWANCE + ALIAS_RATIO * self._written:
            help = ("for many resources that are alike use for_each or defaults",)
            self._fail(Fault("yaml-alias-bomb", "aliases repeat more than a stackfile may hold", "", help), start, end)
        if isinstance(value, Template) or id(value) in self._templated:
            self._templated.add(id(frame.here))
        self._put(frame, value, pack(start, end))

    def _note_merge(self, frame: _Frame, value: Raw, mark: int) -> None:
        """What `<<` names is merged when the map ends: its own keys win, wherever they stand."""
        maps = value if isinstance(value, list) else [value]
        wanted = [item for item in maps if isinstance(item, dict)]
        if len(wanted) < len(maps):
            self._report(Fault("yaml-merge", "<< takes a map or a list of maps, such as *anchor"), *unpack(mark))
        frame.merges = [*(frame.merges or ()), *wanted]

    def _merge(self, frame: _Frame, others: list[dict[str, Raw]]) -> None:
        for other in others:
            marks = self._marks[id(other)]
            for at, (key, value) in enumerate(other.items()):
                if key not in frame.here:
                    frame.here[key] = value
                    frame.marks += marks[2 * at : 2 * at + 2]
            if id(other) in self._templated:
                self._templated.add(id(frame.here))

    def _unquoted(self, outer: _Frame) -> None:
        """`a: {{ x }}` is, to YAML, a map whose key is a map: read on to its end and take it as the template it is."""
        self._skip(2)
        self._frame = frame = self._stack.pop()
        fault, end = unquoted_fault(self._source, outer.start)
        self._report(fault, outer.start, end)
        self._templated.add(id(frame.here))
        self._put(frame, Template(self._source.text[outer.start : end]), pack(outer.start, end))

    def _key_wrong(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self._report(Fault("key-wrong", "a key must be text, not a map or a list"), start, end)
        self._skip(1)
        self._frame.key, self._frame.key_mark = f"?{start}", pack(start, end)

    def _skip(self, depth: int) -> None:
        """Reads on until `depth` open containers have ended."""
        while depth:
            event = self._get()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MOST_DEPTH:
                    self._too_deep(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def _too_deep(self, event: Any) -> None:
        fault = Fault("yaml-depth", f"nested more than {MOST_DEPTH} levels deep")
        self._fail(fault, event.start_mark.index, event.end_mark.index)

    def _report(self, fault: Fault, start: int, end: int) -> None:
        self._findings.add(fault, self._source.place(start, end))

    def _fail(self, fault: Fault, start: int, end: int) -> None:
        self._report(fault, start, end)
        raise Stop


def _handle(tag: str) -> str:
    """The tag as it was written."""
    standard = "tag:yaml.org,2002:"
    return f"!!{tag.removeprefix(standard)}" if tag.startswith(standard) else tag


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
