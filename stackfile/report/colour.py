"""ANSI colour on finished text. It marks what the text says already, and adds no character that would be missed."""

from __future__ import annotations

import re

_RESET = "\x1b[0m"
_RED, _GREEN, _YELLOW, _CYAN, _BOLD, _DIM = (f"\x1b[{code}m" for code in ("31", "32", "33", "36", "1", "2"))

_SIGNS = {"+": _GREEN, "~": _YELLOW, "-/+": _RED, "+/-": _RED, "-": _RED, "#": _DIM, "<=": _CYAN}
_SIGNED = re.compile(r"^(?P<indent> *)(?P<sign>-/\+|\+/-|<=|[+~#-]) ")
_OUTCOMES = {"done": _GREEN, "FAILED": _RED, "skipped": _YELLOW, "stopped": _YELLOW, "fail": _RED}
_OUTCOME = re.compile(r"^(?:\d\d:\d\d:\d\d  )?(?P<word>done|FAILED|skipped|stopped|fail)\b")
_LOUD = re.compile(r"DATA LOSS|\[(?:drift|both): [^\]]*\]|forces replacement")
_TITLE = re.compile(r"^(?P<title>(?:error|warning)\[[^\]]*\]):", re.MULTILINE)
_CARET = re.compile(r"(?<= )\^+")


def coloured(text: str) -> str:
    """A plan, a ledger or progress lines, with signs, outcomes and warnings in colour."""
    return "\n".join(_line(line) for line in text.split("\n"))


def coloured_diagnostics(text: str) -> str:
    """Rendered diagnostics, with their titles and carets in colour."""

    def title(match: re.Match[str]) -> str:
        colour = _RED if match["title"].startswith("error") else _YELLOW
        return f"{_BOLD}{colour}{match['title']}{_RESET}:"

    return _CARET.sub(lambda match: f"{_RED}{match[0]}{_RESET}", _TITLE.sub(title, text))


def _line(line: str) -> str:
    signed, outcome = _SIGNED.match(line), _OUTCOME.match(line)
    if signed is not None:
        colour, end = _SIGNS[signed["sign"]], signed.end("sign")
        line = f"{signed['indent']}{colour}{signed['sign']}{_RESET}" + _loud(line[end:])
    elif outcome is not None:
        start, end = outcome.span("word")
        line = f"{line[:start]}{_OUTCOMES[outcome['word']]}{outcome['word']}{_RESET}{line[end:]}"
    else:
        line = _loud(line)
    return line


def _loud(text: str) -> str:
    return _LOUD.sub(lambda match: f"{_RED}{match[0]}{_RESET}", text)
