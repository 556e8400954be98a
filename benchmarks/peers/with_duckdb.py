"""Both jobs in DuckDB: the near-limit, a columnar database that has the whole file before it."""

import sys

import duckdb
from clocked import clocked

QUERIES = {
    "map": "SELECT k, x, t, x * 2 AS y FROM events WHERE x > 100",
    "count": "SELECT t - t % 60000 AS start, k, count(*) AS n FROM events GROUP BY 1, 2",
}


def main() -> None:
    job, source, out = sys.argv[1:]
    columns = "{k: 'VARCHAR', x: 'BIGINT', t: 'BIGINT'}"
    duckdb.sql(
        f"CREATE VIEW events AS SELECT * FROM read_json('{source}', format='newline_delimited', columns={columns})"
    )
    clocked(lambda: duckdb.execute(f"COPY ({QUERIES[job]}) TO '{out}' (FORMAT json)"))


main()
