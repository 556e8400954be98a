"""Both jobs in the local engine: from the file to the file, positions and results committed with every batch."""

import sys
import tempfile
from pathlib import Path

from clocked import clocked

sys.path[:0] = [str(Path(__file__).parents[1])]

from in_process import Engine  # noqa: E402 - found beside this folder

OPERATIONS = {
    "map": [{"filter": "value.x > 100"}, {"map": {"y": "value.x * 2"}}],
    "count": [
        {"window": {"tumbling": "1m", "time": "value.t"}},
        {"aggregate": {"by": ["k"], "set": {"n": "count()"}}},
    ],
}


def main() -> None:
    job, source, out = sys.argv[1:]
    with tempfile.TemporaryDirectory(dir=Path(out).parent) as folder:
        engine = Engine(Path(folder))
        read = engine.make("sources", name="in", connector="file", path=source, format="ndjson")
        written = engine.make("destinations", name="out", connector="file", path=out, format="ndjson")
        engine.make("pipelines", name="p", source=read, destination=written, operations=OPERATIONS[job])
        clocked(engine.run)
        engine.close()


main()
