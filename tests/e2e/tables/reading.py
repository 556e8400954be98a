"""Tables of what is wrong with a stackfile and what is said of it: `=== a sentence`, the file, `--- says`, the text."""

from __future__ import annotations

from pathlib import Path


def table(name: str) -> dict[str, tuple[str, str]]:
    """Each case by its sentence: the stackfile, and all of stderr. An empty line ends a case."""
    cases = {}
    for part in Path(__file__).with_name(name).read_text("utf-8").split("=== ")[1:]:
        sentence, _, rest = part.partition("\n")
        stackfile, _, says = rest.partition("--- says\n")
        cases[sentence] = (stackfile, f"{says.rstrip()}\n")
    return cases
