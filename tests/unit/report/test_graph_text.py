"""Graphs for Graphviz and Mermaid."""

from __future__ import annotations

from stackfile.address import Address
from stackfile.report.graph import dot, mermaid
from tests.unit.report.orders import LAKE, ORDERS_PG, REFUNDS

ODD = Address("streams", "clicks", '"a" & <#b>')
NODES = [(REFUNDS, (ORDERS_PG, LAKE)), (ORDERS_PG, ()), (ODD, ())]


def test_dot_points_from_a_resource_to_what_it_needs() -> None:
    assert dot(NODES) == (
        "digraph stack {\n"
        '  rankdir = "LR"\n'
        '  node [shape = "box"]\n'
        '  "destinations.lake"\n'
        '  "pipelines.refunds"\n'
        '  "sources.orders_pg"\n'
        '  "streams.clicks[\\"\\\\\\"a\\\\\\" & <#b>\\"]"\n'
        '  "pipelines.refunds" -> "destinations.lake"\n'
        '  "pipelines.refunds" -> "sources.orders_pg"\n'
        "}\n"
    )


def test_mermaid_points_from_a_resource_to_what_it_needs() -> None:
    assert mermaid(NODES) == (
        "flowchart LR\n"
        '  n0["destinations.lake"]\n'
        '  n1["pipelines.refunds"]\n'
        '  n2["sources.orders_pg"]\n'
        '  n3["streams.clicks[#quot;\\#quot;a\\#quot; #amp; #lt;#35;b#gt;#quot;]"]\n'
        "  n1 --> n0\n"
        "  n1 --> n2\n"
    )


def test_what_is_looked_up_is_dashed() -> None:
    nodes = [(REFUNDS, (ORDERS_PG, LAKE)), (LAKE, ())]
    assert '  "destinations.lake" [style = "dashed"]\n' in dot(nodes, {LAKE})
    assert mermaid(nodes, {LAKE}).endswith("  n1 --> n2\n  style n0 stroke-dasharray: 5 5\n")


def test_an_empty_stack_is_an_empty_graph() -> None:
    assert dot([]) == 'digraph stack {\n  rankdir = "LR"\n  node [shape = "box"]\n}\n'
    assert mermaid([]) == "flowchart LR\n"
