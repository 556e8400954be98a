"""What is upstream of a pipeline when nothing moves: whether its input has ended, and what may still come of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stackfile.portable.operations import Aggregate, Route, parse_operations
from stackfile_local.engine.catalog import Entry
from stackfile_local.engine.hop import Hop
from stackfile_local.engine.processor import Quiet
from stackfile_local.engine.stateful_hop import StatefulHop
from stackfile_local.engine.windows.watermark import FOREVER

Hops: TypeAlias = Mapping[str, Hop | StatefulHop]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Entries by id."""

    by_id: Mapping[str, Entry]

    def writers(self, stream: Entry) -> Iterator[Entry]:
        """Sources and pipelines that write to a stream, the paused ones too."""
        for entry in self.by_id.values():
            body = entry.body
            if entry.kind == "source" and body.get("stream") == stream.id:
                yield entry
            elif entry.kind == "pipeline" and stream.id in (body["destination"], body.get("late"), *_routes(body)):
                yield entry

    def has_own_time(self, input: Entry, beyond: frozenset[str] = frozenset()) -> bool:
        """Whether events may carry the time of a window, because a pipeline upstream aggregates."""
        if input.kind != "stream" or input.id in beyond:
            return False
        for writer in self.writers(input):
            if writer.kind == "pipeline":
                operations = parse_operations(writer.body.get("operations", []))
                if any(isinstance(each, Aggregate) for each in operations):
                    return True
                if self.has_own_time(self.by_id[writer.body["source"]], beyond | {input.id}):
                    return True
        return False

    def quiet(self, input: Entry, hops: Hops, moment: Quiet) -> Quiet:
        """What a moment at which nothing moves means for those that read `input`."""
        ended, ceiling = self._look(input, hops, moment, frozenset())
        return Quiet(moment.now, moment.at_once, ended, ceiling)

    def _look(self, input: Entry, hops: Hops, moment: Quiet, beyond: frozenset[str]) -> tuple[bool, int]:
        if input.kind == "source":
            return self._is_over(input, hops), FOREVER
        writers = list(self.writers(input))
        ended, ceiling = bool(writers) and input.id not in beyond, FOREVER
        if input.id in beyond:
            return False, FOREVER
        for writer in writers:
            over, reach = self._writer(writer, hops, moment, beyond | {input.id})
            ended, ceiling = ended and over, min(ceiling, reach)
        return ended, FOREVER if ended else ceiling

    def _writer(self, writer: Entry, hops: Hops, moment: Quiet, beyond: frozenset[str]) -> tuple[bool, int]:
        hop = hops.get(writer.id)
        if writer.kind == "source":
            return hop is not None and self._is_over(writer, hops), FOREVER
        ended, ceiling = self._look(self.by_id[writer.body["source"]], hops, moment, beyond)
        if isinstance(hop, StatefulHop) and hop.processor is not None and hop.processor.window is not None:
            if not ended:
                ceiling = hop.processor.reach(Quiet(moment.now, moment.at_once, False, ceiling))
            return ended and not hop.processor.is_open, ceiling
        return ended and hop is not None, ceiling

    def _is_over(self, source: Entry, hops: Hops) -> bool:
        """Whether a source gives no more, once all is read that is there."""
        readers = [(hop.route.reader, hop.at.position) for hop in hops.values() if hop.route.input.id == source.id]
        endless = source.body.get("follow", False) or source.body["connector"] == "http"
        return not endless and not any(reader.waiting(at) for reader, at in readers)

    def in_order(self, hops: Hops) -> list[StatefulHop]:
        """Those upstream first."""
        found: dict[str, StatefulHop] = {}

        def visit(entry: Entry, beyond: frozenset[str]) -> None:
            if entry.id in beyond:
                return
            if entry.kind == "pipeline":
                visit(self.by_id[entry.body["source"]], beyond | {entry.id})
                hop = hops.get(entry.id)
                if isinstance(hop, StatefulHop):
                    found.setdefault(entry.id, hop)
            elif entry.kind == "stream":
                for writer in self.writers(entry):
                    visit(writer, beyond | {entry.id})

        for id in hops:
            visit(self.by_id[id], frozenset())
        return list(found.values())


def _routes(body: Mapping[str, object]) -> Iterator[str]:
    for operation in parse_operations(body.get("operations", [])):
        if isinstance(operation, Route):
            yield from (f"stream:{name}" for name, _ in operation.routes)
