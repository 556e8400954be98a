"""Dependencies as a graph: edges, order, cycles."""
