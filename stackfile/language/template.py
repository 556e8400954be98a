"""Scalars with templates: finding the expressions in a text, and names such as `sources.pg[each.key].id`.

A name is read here, at no cost worth mentioning. Everything else is an expression of Jinja2, which is imported when the
first one is met and compiled once for each text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from stackfile.address import SECTIONS
from stackfile.language.findings import Fault, did_you_mean
from stackfile.language.reader import describe

NAMES = ("var", "local", "env", "each", "self", "stack", "path", "providers", "modules", *SECTIONS)
"""What a path may begin with."""

_WITH_INSTANCES = ("providers", "modules", *SECTIONS)

LONGEST_EXPRESSION = 4_000
MOST_EXPRESSIONS = 1_000
DEEPEST_BRACKETS = 50

_FIRST = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)")
_STEP = re.compile(
    r"""\s*\.\s*(?P<attribute>[A-Za-z_][A-Za-z0-9_]*)
      | \s*\[\s*(?:'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<index>[0-9]{1,9})
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*))\s*\]""",
    re.VERBOSE,
)
_SIGN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{}()\[\]]""", re.DOTALL)
_WORDS_OF_JINJA = frozenset(
    ("true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else")
)


class Computed:
    """A step whose value the expression works out when it is evaluated."""


COMPUTED = Computed()


@dataclass(frozen=True, slots=True)
class Name:
    """A path that begins at one of the language's names. `text` is how it is written."""

    root: str
    steps: tuple[Step, ...]
    text: str


Step: TypeAlias = "str | int | Name | Computed"


class Host(Protocol):
    """What an expression is evaluated in: it answers names and functions."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]: ...

    def look(self, name: Name, computed: tuple[Any, ...] = ()) -> Any:
        """The value of a name. Raises Missing where a path leads nowhere."""

    def shielded(self, evaluate: Callable[[], Any]) -> Any:
        """Evaluates what `nonsensitive` takes: that it touched a secret does not count."""


@dataclass
class Missing(Exception):
    """A path leads nowhere. It is a mistake unless the expression says what to do then (`default`, `try`)."""

    message: str
    label: str = ""
    help: tuple[str, ...] = ()
    code: str = "template-failed"

    @property
    def words(self) -> str:
        return f"{self.message}; {self.label}" if self.label else self.message


def nothing_at(value: Any, step: Any) -> Missing:
    """What to say where a value has no such key or item."""
    if isinstance(value, Mapping):
        return Missing(f"no `{step}` here", did_you_mean(str(step), value))
    return Missing(f"no `{step}` in {describe(value)}")


def as_text(value: Any) -> str:
    """A value inserted in a text, as YAML writes it. Raises TypeError for a map, a list and null."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError(f"{describe(value)} cannot be inserted in a text")


class Space:
    """Something in an expression that has named parts and is no value itself, such as a resource."""

    __slots__ = ()

    def get(self, step: Any) -> Any:
        """Raises Missing."""
        raise NotImplementedError

    def opened(self) -> Any:
        """What operators and filters work on."""
        return self

    def __str__(self) -> str:
        raise self.no_value()

    def no_value(self) -> Fault:
        """What to say where it stands and a value is wanted."""
        return Fault("template-failed", "this is not a value")


class Expression(Protocol):
    """What stands between `{{` and `}}`. `names` are all that it mentions; those in `shielded` are not exposed."""

    @property
    def text(self) -> str: ...

    @property
    def names(self) -> tuple[Name, ...]: ...

    @property
    def shielded(self) -> frozenset[Name]: ...

    @property
    def makes_sensitive(self) -> bool: ...

    def evaluate(self, host: Host) -> Any: ...


@dataclass(frozen=True, slots=True)
class NameExpression:
    """An expression that is a name and nothing more."""

    text: str
    names: tuple[Name, ...]
    shielded: frozenset[Name] = frozenset()
    makes_sensitive: bool = False

    def evaluate(self, host: Host) -> Any:
        return host.look(self.names[0])


@dataclass(frozen=True, slots=True)
class ParsedScalar:
    """A scalar as literal texts and expressions. `only` is the expression that is all there is, stripped."""

    text: str
    parts: tuple[str | Expression, ...]
    names: tuple[Name, ...]
    only: Expression | None

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(part for part in self.parts if not isinstance(part, str))


class Templates:
    """Parses scalars, each text once."""

    def __init__(self) -> None:
        self._known: dict[str, ParsedScalar | Fault] = {}
        self._compile: Callable[[str, str], Expression] | None = None

    def parse(self, text: str) -> ParsedScalar:
        """Raises Fault for a text that is no template."""
        found = self._known.get(text)
        if found is None:
            try:
                found = self._parse(text)
            except Fault as fault:
                found = fault
            self._known[text] = found
        if isinstance(found, Fault):
            raise found
        return found

    def _parse(self, text: str) -> ParsedScalar:
        parts: list[str | Expression] = []
        at = 0
        trim = False
        while (start := text.find("{{", at)) >= 0:
            end = _end(text, start + 2)
            literal, inner = text[at:start], text[start + 2 : end]
            literal = literal.lstrip() if trim else literal
            trim_before, trim = inner.startswith("-"), inner.endswith("-") and len(inner) > 1
            inner = inner[trim_before : len(inner) - trim]
            parts += (literal.rstrip() if trim_before else literal, self._expression(inner, text[start : end + 2]))
            at = end + 2
            if len(parts) > 2 * MOST_EXPRESSIONS:
                raise Fault("template-too-long", f"more than {MOST_EXPRESSIONS} templates in one text")
        parts.append(text[at:].lstrip() if trim else text[at:])
        kept = tuple(part for part in parts if part != "")
        expressions = [part for part in kept if not isinstance(part, str)]
        alone = len(expressions) == 1 and all(part.isspace() for part in kept if isinstance(part, str))
        names = tuple(name for part in expressions for name in part.names)
        return ParsedScalar(text, kept, names, expressions[0] if alone else None)

    def _expression(self, inner: str, written: str) -> Expression:
        name = parse_name(inner)
        if name is not None:
            return NameExpression(written, (name, *nested(name)))
        if not inner.strip():
            raise Fault("template-syntax", "there is nothing between {{ and }}")
        if self._compile is None:
            from stackfile.language.expression import compiler  # Jinja2 takes 0.1 s to import

            self._compile = compiler()
        return self._compile(inner, written)


def parse_name(text: str) -> Name | None:
    """The name that the text is; None where it is something else."""
    match = _FIRST.match(text)
    if match is None or match[1] in _WORDS_OF_JINJA:
        return None
    steps: list[Step] = []
    at = match.end()
    while step := _STEP.match(text, at):
        at = step.end()
        if step["name"] is not None:
            inner = parse_name(step["name"])
            if inner is None:
                return None
            steps.append(bare_key(inner, match[1], len(steps)) or inner)
        elif step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(step[step.lastgroup or "attribute"])
    return Name(match[1], tuple(steps), text.strip()) if not text[at:].strip() else None


def bare_key(step: Name, root: str, at: int) -> str | None:
    """The instance key that a step in brackets is, as in `streams.clicks[eu]`: addresses are printed so."""
    is_key = at == 1 and root in _WITH_INSTANCES and not step.steps and step.root not in NAMES
    return step.root if is_key else None


def nested(name: Name) -> tuple[Name, ...]:
    """The names in a name's brackets."""
    return tuple(step for step in name.steps if isinstance(step, Name))


def _end(text: str, start: int) -> int:
    """Where the `}}` of an expression is. Braces and quotes inside the expression are its own."""
    open_brackets: list[str] = []
    at = start
    limit = start + LONGEST_EXPRESSION
    while sign := _SIGN.search(text, at, limit):
        at = sign.end()
        if sign[0] == "}" and "{" not in open_brackets and text.startswith("}", at):
            return at - 1
        if sign[0] in "{([":
            open_brackets.append(sign[0])
        elif sign[0] in "})]" and open_brackets:
            open_brackets.pop()
        if len(open_brackets) > DEEPEST_BRACKETS:
            raise Fault("template-too-deep", f"an expression with more than {DEEPEST_BRACKETS} open brackets")
    if len(text) > limit:
        message = f"an expression of more than {LONGEST_EXPRESSION} characters, or one that never ends"
        raise Fault("template-too-long", message)
    help = ("for text that shall hold {{ as it is, put !raw before the value",)
    raise Fault("template-unclosed", "{{ without }}", "", help)
