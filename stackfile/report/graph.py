"""The dependency graph as text for Graphviz and for Mermaid, always in the same order."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from html import escape
from typing import TypeAlias

from stackfile.address import Address
from stackfile.report.text import quoted, safe

Nodes: TypeAlias = Iterable[tuple[Address, tuple[Address, ...]]]
"""Each resource with what it needs."""


def dot(nodes: Nodes, looked_up: Container[Address] = ()) -> str:
    """A digraph; an arrow leads from a resource to what it needs. What is only looked up is dashed."""
    known = _in_order(nodes)
    lines = ["digraph stack {", '  rankdir = "LR"', '  node [shape = "box"]']
    dashed = ' [style = "dashed"]'
    lines += [f"  {quoted(str(address))}{dashed if address in looked_up else ''}" for address, _ in known]
    lines += [f"  {quoted(str(address))} -> {quoted(str(need))}" for address, need in _edges(known)]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(nodes: Nodes, looked_up: Container[Address] = ()) -> str:
    """A flowchart; an arrow leads from a resource to what it needs. What is only looked up is dashed."""
    known = _in_order(nodes)
    names = {address: f"n{number}" for number, (address, _) in enumerate(known)}
    lines = ["flowchart LR", *(f'  {names[address]}["{_label(address)}"]' for address, _ in known)]
    lines += [f"  {names[address]} --> {names[need]}" for address, need in _edges(known)]
    lines += [f"  style {name} stroke-dasharray: 5 5" for address, name in names.items() if address in looked_up]
    return "\n".join(lines) + "\n"


def _in_order(nodes: Nodes) -> list[tuple[Address, list[Address]]]:
    """Sorted by the printed address; what is only named as a need is a node too."""
    needs: dict[Address, set[Address]] = {}
    for address, wanted in nodes:
        needs.setdefault(address, set()).update(wanted)
        for need in wanted:
            needs.setdefault(need, set())
    return [(address, sorted(needs[address], key=str)) for address in sorted(needs, key=str)]


def _edges(known: Sequence[tuple[Address, list[Address]]]) -> Iterable[tuple[Address, Address]]:
    return ((address, need) for address, wanted in known for need in wanted)


def _label(address: Address) -> str:
    """Mermaid reads entities that are written with `#` for `&`."""
    text = safe(str(address)).replace("#", "&num;")
    return escape(text, quote=True).replace("&amp;num;", "#35;").replace("&", "#")
