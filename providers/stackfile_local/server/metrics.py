"""What Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Iterable

from stackfile_local.server.engine import Served

_STREAMS = """
SELECT o.name, p.partition, p.start_offset, p.end_offset, p.bytes FROM partitions p
JOIN objects o ON o.seq = p.stream ORDER BY o.name, p.partition"""
_LAG = """
SELECT c.consumer_group, o.name, c.partition, max(0, coalesce(p.end_offset, 0) - c."offset") FROM commits c
JOIN objects o ON o.seq = c.stream
LEFT JOIN partitions p ON p.stream = c.stream AND p.partition = c.partition
ORDER BY c.consumer_group, o.name, c.partition"""
_PROCESSORS = """
SELECT o.name, p.read, p.written, p.failed FROM progress p
JOIN objects o ON o.seq = p.owner WHERE o.kind = 'pipeline' ORDER BY o.name"""


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
            *_processors(served),
        ]
    )


def _streams(served: Served) -> list[str]:
    rows = [(_labels(stream=name, partition=p), *rest) for name, p, *rest in served.store.rows(_STREAMS)]
    return [
        _gauge("stackfile_stream_start_offset", "The oldest offset kept.", [(row[0], row[1]) for row in rows]),
        _counter("stackfile_stream_end_offset", "The next offset.", [(row[0], row[2]) for row in rows]),
        _gauge("stackfile_stream_bytes", "Bytes kept, before compression.", [(row[0], row[3]) for row in rows]),
    ]


def _processors(served: Served) -> list[str]:
    rows = [(_labels(processor=name), *rest) for name, *rest in served.store.rows(_PROCESSORS)]
    return [
        _counter("stackfile_processor_events_total", "Events read.", [(row[0], row[1]) for row in rows]),
        _counter("stackfile_processor_written_total", "Events written.", [(row[0], row[2]) for row in rows]),
        _counter("stackfile_processor_failed_total", "Events that failed.", [(row[0], row[3]) for row in rows]),
    ]


def _requests(served: Served) -> list[tuple[str, int]]:
    counted = sorted(served.answers.items())
    return [(_labels(path=path, status=status), count) for (path, status), count in counted]


def _lag(served: Served) -> list[tuple[str, int]]:
    return [(_labels(group=g, stream=name, partition=p), lag) for g, name, p, lag in served.store.rows(_LAG)]


def _counter(name: str, help: str, samples: Iterable[tuple[str, int]]) -> str:
    return _family(name, "counter", help, samples)


def _gauge(name: str, help: str, samples: Iterable[tuple[str, int]]) -> str:
    return _family(name, "gauge", help, samples)


def _family(name: str, kind: str, help: str, samples: Iterable[tuple[str, int]]) -> str:
    lines = [f"# HELP {name} {help}\n# TYPE {name} {kind}\n"]
    lines += [f"{name}{labels} {value}\n" for labels, value in samples]
    return "".join(lines)


def _labels(**labels: object) -> str:
    return "{" + ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
