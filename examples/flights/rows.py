"""Shows what the run made: the counts, and three rows of the table."""

from __future__ import annotations

import sqlite3
from pathlib import Path

with sqlite3.connect("out/flights.db") as database:
    rows = database.execute("select count(*) from late").fetchone()[0]
    lines = len(Path("out/late.ndjson").read_text().splitlines())
    print(f"late flights: {rows:,} rows in the table, {lines:,} lines in the file")
    query = "select flight, route, time_hour, dep_delay, arr_delay, made_up from late order by dep_delay desc limit 3"
    cursor = database.execute(query)
    table = [[column[0] for column in cursor.description], *cursor]
for row in table:
    print("  ".join(f"{cell!s:<20}" for cell in row).rstrip())
