"""What libyaml says of a text that is no YAML, in the words of a diagnostic, with the way out."""

from __future__ import annotations

import re

import yaml

from stackfile.language.findings import Fault
from stackfile.language.source import Source

_VALUE = re.compile(r"(?P<before>\s*(?:- +)*(?:[^\s#\"'{}\[\]][^#\"'{}\[\]]*?:\s+)?)(?P<value>\{\{.*)")
_CLOSED = re.compile(r"\{\{.*?\}\}")
_NOT_PRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""Not compiled before it is needed: that takes 6 ms, of each command."""

_PLAIN_WORDS = (
    ("mapping values are not allowed", "a `:` where no key can be: quote the text, or check the indentation"),
    ("did not find expected key", "no key here: check the indentation, and quotes that end too early"),
    ("did not find expected '-' indicator", "no list item here: check the indentation"),
    ("could not find expected ':'", "a key without `:`"),
    ("found unexpected end of stream", "the quotes or brackets that begin above never end"),
    ("did not find expected ',' or", "no `,` or closing bracket here: a bracket that begins above is still open"),
    ("found character that cannot start any token", "no value can begin with this character: quote it"),
    ("found undefined tag handle", "the tag is not known here"),
    ("found unknown escape character", "no such escape in double quotes: write \\\\ or use single quotes"),
    ("block sequence entries are not allowed", "a list item where none can be: begin it on a line of its own"),
    ("unexpected document start", "the document is not complete where the next one begins"),
)


def broken_fault(error: yaml.YAMLError, source: Source) -> tuple[Fault, int, int]:
    """What to say of a text that YAML refuses, and where it is."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _unreadable(source)
    problem = error.problem or "this is no YAML"
    at = min(error.problem_mark.index, len(source.text))
    context = error.context_mark.index if error.context_mark is not None else at
    found = _unquoted_before(source, at, context)
    if found is not None:
        fault, end = unquoted_fault(source, found)
        return fault, found, end
    if source.text[at : at + 1] == "\t" or "\\t" in problem:
        return _tab(source, at)
    said = next((words for start, words in _PLAIN_WORDS if problem.startswith(start)), problem)
    label = f"begins in line {source.position(context)[0]}" if context < at and "above" in said else ""
    return Fault("yaml-syntax", f"not YAML: {said}", label), at, at + 1


def unquoted_fault(source: Source, start: int) -> tuple[Fault, int]:
    """The diagnostic for a value that starts with `{{`, with the text to write; and where that value ends."""
    line, column = source.position(start)
    text = source.line(line)
    before, after = text[: column - 1], text[column - 1 :]
    closed = _CLOSED.match(after)
    in_flow = before.count("{") + before.count("[") > before.count("}") + before.count("]")
    value = closed[0] if closed and in_flow else re.split(r"\s#", after, maxsplit=1)[0].rstrip()
    quote = "'" if '"' in value and "'" not in value else '"'
    quoted = value.replace("\\", "\\\\").replace('"', '\\"') if quote == '"' else value
    write = f"{before.lstrip()}{quote}{quoted}{quote}{after[len(value) :].rstrip() if in_flow else ''}"
    help = (f"write:  {write}",)
    label = "YAML reads this as a mapping in a mapping"
    return Fault("template-unquoted", "quote a value that starts with {{", label, help), start + len(value)


def _unquoted_before(source: Source, at: int, context: int) -> int | None:
    """The start of an unquoted template in the lines that YAML stumbled over."""
    last = source.position(at)[0]
    first = max(source.position(context)[0], last - 2)
    for number in range(last, first - 1, -1):
        match = _VALUE.match(source.line(number))
        if match is not None:
            return source.offset(number) + match.start("value")
    return None


def _tab(source: Source, at: int) -> tuple[Fault, int, int]:
    end = at
    while source.text[end : end + 1] == "\t":
        end += 1
    fault = Fault("yaml-tab", "YAML does not allow tabs here", "a tab", ("indent with spaces",))
    return fault, at, max(end, at + 1)


def _unreadable(source: Source) -> tuple[Fault, int, int]:
    match = re.search(_NOT_PRINTABLE, source.text)
    at = match.start() if match else 0
    sign = f"the character U+{ord(source.text[at]):04X}" if match else "this text"
    return Fault("yaml-character", f"YAML does not allow {sign}", "", ("remove it",)), at, at + 1
