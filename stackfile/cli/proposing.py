"""Commands that texts propose, completed so that they mean the stack and the environment that this command is about.

Whoever writes a hint knows what to type, and not how the stack was named on the command line; here that is known.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from stackfile.cli.commands import ROOT, Section
from stackfile.cli.options import Options
from stackfile.cli.selecting import global_words
from stackfile.errors import Diagnostic

_NO_STACK: Final = frozenset(("init", "explain", "completion", "version", "sandbox"))
_STATE_ALONE: Final = frozenset(("lock", "state", "show", "output"))
"""Commands that evaluate nothing, and so need no variables."""


def _names() -> str:
    names = [
        f"{name} {inner}" if inner else name
        for name, entry in ROOT.items()
        if name not in _NO_STACK
        for inner in (entry.commands if isinstance(entry, Section) else ("",))
    ]
    return "|".join(sorted(names, key=len, reverse=True))


_COMMAND: Final = re.compile(rf"(?<![\w`/.-])stack (?P<name>{_names()})(?![\w-])")
"""A command in a text, but for one in backquotes: that is what somebody typed, or the name of a command."""


def completed(options: Options, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, with the global options of this command in every command that they propose."""
    if not any(global_words(options)):
        return list(diagnostics)
    return [replace(one, help=tuple(complete(options, text) for text in one.help)) for one in diagnostics]


def complete(options: Options, text: str) -> str:
    """A text with the global options in its commands; those that it has already are not said twice."""

    def filled(found: re.Match[str]) -> str:
        bare = found["name"].partition(" ")[0] in _STATE_ALONE
        words = tuple(global_words(replace(options, variables=(), var_files=()) if bare else options))
        pairs = (shlex.join(pair) for pair in zip(words[::2], words[1::2], strict=True))
        return " ".join([found[0], *(pair for pair in pairs if pair not in text)])

    return _COMMAND.sub(filled, text)
