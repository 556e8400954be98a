"""What Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterable

from stackfile_local.engine.catalog import Catalog
from stackfile_local.engine.recent import Recent
from stackfile_local.engine.standing import standing
from stackfile_local.server.engine import Served
from stackfile_local.server.processors import LAST

_STREAMS = """
SELECT o.name, p.partition, p.start_offset, p.end_offset, p.bytes FROM partitions p
JOIN objects o ON o.seq = p.stream ORDER BY o.name, p.partition"""
_LAG = """
SELECT c.consumer_group, o.name, c.partition, max(0, coalesce(p.end_offset, 0) - c."offset") FROM commits c
JOIN objects o ON o.seq = c.stream
LEFT JOIN partitions p ON p.stream = c.stream AND p.partition = c.partition
ORDER BY c.consumer_group, o.name, c.partition"""
_MOVERS = """
SELECT o.name, p.owner, p.read, p.written, p.failed, p.recent FROM progress p
JOIN objects o ON o.seq = p.owner WHERE o.kind = ? ORDER BY o.name"""


def exposition(served: Served) -> str:
    """The Prometheus text format."""
    writer = served.writer
    return "".join(
        [
            _counter("stackfile_http_requests_total", "Requests answered.", _requests(served)),
            _counter("stackfile_events_produced_total", "Events appended over HTTP.", [("", writer.appended)]),
            _counter("stackfile_events_consumed_total", "Events given to consumers.", [("", served.consumed)]),
            _counter("stackfile_writes_total", "Durable transactions over HTTP.", [("", writer.transactions)]),
            _gauge("stackfile_pending_bytes", "Bytes of requests that wait for the disk.", [("", writer.pending)]),
            *_streams(served),
            _gauge("stackfile_consumer_lag", "Events that a group has not committed.", _lag(served)),
            *_movers(served, "source", "source"),
            *_movers(served, "pipeline", "processor"),
            *_movers(served, "destination", "destination"),
            *_windows(served),
        ]
    )


def _streams(served: Served) -> list[str]:
    rows = [(_labels(stream=name, partition=p), *rest) for name, p, *rest in served.store.rows(_STREAMS)]
    return [
        _gauge("stackfile_stream_start_offset", "The oldest offset kept.", [(row[0], row[1]) for row in rows]),
        _counter("stackfile_stream_end_offset", "The next offset.", [(row[0], row[2]) for row in rows]),
        _gauge("stackfile_stream_bytes", "Bytes kept, before compression.", [(row[0], row[3]) for row in rows]),
    ]


def _movers(served: Served, kind: str, name: str) -> list[str]:
    """What all that move events count, from the engine's first day on; `name` is that of the metrics and the label."""
    rows = [(_labels(**{name: called}), *rest) for called, _, *rest in served.store.rows(_MOVERS, kind)]
    now = served.store.microseconds() // 1000
    recent = [(row[0], Recent.parse(row[4])) for row in rows]
    latencies = [(label, each.latency(now)) for label, each in recent]
    return [
        _counter(f"stackfile_{name}_events_total", "Events read.", [(row[0], row[1]) for row in rows]),
        _counter(f"stackfile_{name}_written_total", "Events written.", [(row[0], row[2]) for row in rows]),
        _counter(f"stackfile_{name}_failed_total", "Events that failed.", [(row[0], row[3]) for row in rows]),
        _gauge(
            f"stackfile_{name}_events_per_second",
            "Events read a second, over the last ten.",
            [(label, each.per_second(now)) for label, each in recent],
        ),
        _gauge(
            f"stackfile_{name}_latency_seconds",
            "From append to commit, on average over the last ten seconds.",
            [(label, latency / 1000) for label, latency in latencies if latency is not None],
        ),
    ]


def _windows(served: Served) -> list[str]:
    """What only processors have."""
    far = standing(served.store)
    known = [(entry, _labels(processor=entry.name)) for entry in Catalog(served.store).declared("pipeline")]
    inputs = [(entry, label, far.input_of(entry)) for entry, label in known]
    lags = [(label, far.behind(entry, one)) for entry, label, one in inputs if one is not None and one.kind == "stream"]
    states = [(label, far.states.get(entry.seq, {})) for entry, label in known]
    waters = [(label, state.get("water", 0) / 1000) for label, state in states]
    return [
        _gauge("stackfile_processor_lag", "Events of its stream that a processor has not read.", lags),
        _counter(
            "stackfile_processor_late_total",
            "Events that came after their windows had closed.",
            [(label, state.get("late", 0)) for label, state in states],
        ),
        _gauge(
            "stackfile_processor_watermark_seconds",
            "Before this time, in seconds since 1970, no more events are awaited.",
            [(label, water) for label, water in waters if 0 < water < LAST / 1000],
        ),
    ]


def _requests(served: Served) -> list[tuple[str, int]]:
    counted = sorted(served.answers.items())
    return [(_labels(path=path, status=status), count) for (path, status), count in counted]


def _lag(served: Served) -> list[tuple[str, int]]:
    return [(_labels(group=g, stream=name, partition=p), lag) for g, name, p, lag in served.store.rows(_LAG)]


def _counter(name: str, help: str, samples: Iterable[tuple[str, float]]) -> str:
    return _family(name, "counter", help, samples)


def _gauge(name: str, help: str, samples: Iterable[tuple[str, float]]) -> str:
    return _family(name, "gauge", help, samples)


def _family(name: str, kind: str, help: str, samples: Iterable[tuple[str, float]]) -> str:
    lines = [f"# HELP {name} {help}\n# TYPE {name} {kind}\n"]
    lines += [f"{name}{labels} {value}\n" for labels, value in samples]
    return "".join(lines)


def _labels(**labels: object) -> str:
    return "{" + ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
