"""Both jobs in polars, streamed from the file to the other."""

import sys

import polars as pl
from clocked import clocked


def main() -> None:
    job, source, out = sys.argv[1:]
    events = pl.scan_ndjson(source, schema={"k": pl.String, "x": pl.Int64, "t": pl.Int64})
    if job == "map":
        result = events.filter(pl.col("x") > 100).with_columns(y=pl.col("x") * 2)
    else:
        result = events.group_by(start=pl.col("t") - pl.col("t") % 60_000, k="k").agg(n=pl.len())
    clocked(lambda: result.sink_ndjson(out))


main()
