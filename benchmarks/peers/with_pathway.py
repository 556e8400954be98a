"""Both jobs in pathway, in its static mode: all of the file at once."""

import sys

import pathway as pw
from clocked import clocked


class Event(pw.Schema):
    k: str
    x: int
    t: int


def main() -> None:
    job, source, out = sys.argv[1:]
    events = pw.io.jsonlines.read(source, schema=Event, mode="static")
    if job == "map":
        result = events.filter(pw.this.x > 100).with_columns(y=pw.this.x * 2)
    else:
        windows = events.windowby(events.t, window=pw.temporal.tumbling(duration=60_000), instance=events.k)
        result = windows.reduce(k=pw.this._pw_instance, start=pw.this._pw_window_start, n=pw.reducers.count())
    pw.io.jsonlines.write(result, out)
    clocked(lambda: pw.run(monitoring_level=pw.MonitoringLevel.NONE))


main()
