"""The words of an expression: text in, tokens with their offsets out."""

from __future__ import annotations

import math
import re
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from stackfile.portable.syntax import MAX_TEXT, Constant, ExpressionError, Range

TokenKind: TypeAlias = OneOf["number", "text", "name", "sign", "end"]

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<text>'(?:[^'\\\r\n]|\\.)*'|"(?:[^"\\\r\n]|\\.)*")
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|&&|\|\||\*\*|<>|[-+*/%<>=!()\[\],.&|?:])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/", "\\": "\\", "'": "'", '"': '"'}
_MAX_DIGITS = 400
_SURROGATES = re.compile("[\ud800-\udfff]")


class Token(NamedTuple):
    """`value` is what a number or text means; None for the other kinds."""

    kind: TokenKind
    text: str
    at: Range
    value: Constant = None


def tokens(text: str) -> list[Token]:
    """The words of the text, closed by one of kind `end`. Raises ExpressionError."""
    if len(text) > MAX_TEXT:
        raise ExpressionError(
            f"an expression has at most {MAX_TEXT:,} characters, this one has {len(text):,}", (MAX_TEXT, len(text))
        )
    if surrogate := _SURROGATES.search(text):
        raise ExpressionError("half of a surrogate pair is no character", surrogate.span())
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stray(text, len(text) - len(text[at:].lstrip(" \t\r\n")))
        found.append(_token(match))
        at = match.end()
    return found


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup
    word, at = match[kind or 0], match.span(kind or 0)
    match kind:
        case "number":
            return Token("number", word, at, _number(word, at))
        case "text":
            return Token("text", word, at, _ESCAPE.sub(lambda escape: _unescape(escape, at[0]), word[1:-1]))
        case "name":
            return Token("name", word, at)
        case "sign":
            return Token("sign", word, at)
        case _:
            return Token("end", "", at)


def _number(word: str, at: Range) -> int | float:
    if len(word) > _MAX_DIGITS:
        raise ExpressionError("the number is too long", at)
    if not word.isdigit():
        number = float(word)
        if not math.isfinite(number):
            raise ExpressionError("the number is too large", at)
        return number
    if len(word) > 1 and word[0] == "0":
        raise ExpressionError("a number does not start with 0", at, f"for a text write '{word}'")
    return int(word)


def _unescape(escape: re.Match[str], start: int) -> str:
    short, long, char = escape.groups()
    at = (start + 1 + escape.start(), start + 1 + escape.end())
    if char is not None:
        if char not in _SHORT_ESCAPES:
            raise ExpressionError(f"there is no escape \\{char}", at, "for a backslash write \\\\")
        return _SHORT_ESCAPES[char]
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ExpressionError(f"{escape[0]} is no character", at, "beyond \\uffff write \\U and eight digits")
    return chr(code)


def _stray(text: str, at: int) -> ExpressionError:
    char = text[at]
    if char in "'\"":
        return ExpressionError("the text has no closing quote", (at, len(text)), unfinished=True)
    if char == "{":
        return ExpressionError("there are no map literals", (at, at + 1), "the map operation sets one field at a time")
    help = (f'for a field with such a name write value["{char}..."]',) if char in "@$#" else ()
    shown = char if char.isprintable() else f"\\u{ord(char):04x}"
    return ExpressionError(f"`{shown}` has no meaning here", (at, at + 1), *help)
