"""Which operation may stand where: at most one aggregate, a window right before it, and `dedupe` nowhere behind it."""

from __future__ import annotations

from collections.abc import Sequence

from stackfile.portable.reading import Reader


def check_order(reader: Reader, names: Sequence[str]) -> None:
    """Adds a problem, with the number of the operation, for each that stands where it cannot. Empty names are none."""
    aggregated: int | None = None
    for number, name in enumerate(names):
        following = names[number + 1] if number + 1 < len(names) else ""
        if name == "window" and following != "aggregate":
            reader.problem(
                (number, name),
                "a window stands right before an aggregate" + (f", not before `{following}`" if following else ""),
                f"put the aggregate behind operations[{number}], and what comes between before it",
            )
        if name == "aggregate" and aggregated is not None:
            help = "let a second pipeline read what this one writes"
            reader.problem((number, name), f"operations[{aggregated}] aggregates already", help)
        if name == "dedupe" and aggregated is not None:
            help = "results of an aggregate are never given twice"
            reader.problem((number, name), f"`dedupe` stands before the aggregate operations[{aggregated}]", help)
        if name == "aggregate" and aggregated is None:
            aggregated = number
