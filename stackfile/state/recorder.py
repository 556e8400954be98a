"""Writes the journal and the snapshot of one lease. Blocking; every write is durable, and fenced."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from stackfile.errors import StateError
from stackfile.state.document import Snapshot, checksum_of, print_snapshot
from stackfile.state.folder import Content, StateFolder
from stackfile.state.format import Author, State
from stackfile.state.grip import Grip
from stackfile.state.intents import OpenIntents, Stamp
from stackfile.state.journal import Header, lineage_after, print_header, print_line
from stackfile.state.store import Entry, Intent

Line = tuple[Entry, bytes]
"""An entry, and what `print_entry` makes of it."""


@dataclass
class _End:
    """Where the journal ends. `serial` is the snapshot's."""

    serial: int
    lineage: str
    token: int
    seq: int
    size: int
    open: OpenIntents


class Recorder:
    """Reads the state when the first thing is to be written, and from then on knows where the journal ends."""

    def __init__(self, folder: StateFolder, grip: Grip) -> None:
        self._folder, self._grip = folder, grip
        self._end: _End | None = None

    def append(self, lines: Sequence[Line]) -> None:
        """Returns when all lines are durable. Raises Fenced, StateError; then none of them counts."""
        with self._grip.held():
            end = self._ready()
            lineage, stamps = end.lineage, []
            for seq, (entry, _) in enumerate(lines, end.seq + 1):
                lineage = lineage_after(lineage, entry)
                stamps.append(Stamp(lineage, self._grip.lock.token, self._grip.lock.holder.run, seq))
            data = b"".join(print_line(body, stamp) for (_, body), stamp in zip(lines, stamps, strict=True))
            with self._folder.writing():
                self._folder.files.append(self._folder.journal, data, end.size)
        end.lineage, end.token, end.seq = lineage, self._grip.lock.token, end.seq + len(lines)
        end.size += len(data)
        for (entry, _), stamp in zip(lines, stamps, strict=True):
            end.open.take(entry, stamp)

    def compact(self, state: State) -> State:
        """The snapshot is what counts: a crash before the new journal is there leaves one that says nothing more."""
        with self._grip.held():
            end = self._ready()
        lineage = end.lineage or state.lineage
        if not lineage or (state.stack, state.env, state.lineage) != (*self._folder.owner, lineage):
            raise ValueError(f"a state of {state.stack} ({state.env}), which is not the one that this lease is for")
        new = self._signed(replace(state, serial=end.serial + 1))
        data = print_snapshot(new)
        with self._grip.held():
            # Whatever fails from here on, the next write looks at the files anew.
            self._end = None
            self._folder.save(Snapshot(new, checksum_of(data)), data)
            # The state is saved. A journal that cannot be begun now is begun by whoever writes next.
            with suppress(StateError):
                self._begin(Snapshot(new, checksum_of(data)), replace(end, lineage=lineage))
            self._folder.prune()
        return new

    def restore(self, state: State, intents: Sequence[Intent]) -> State:
        """Killed before the snapshot is in place this has changed nothing; after it, whoever writes next begins the
        journal."""
        lock = self._grip.lock
        with self._grip.held():
            self._end = None
            serial = max(self._folder.last_serial(), state.serial) + 1
            self._folder.set_aside()
            new = self._signed(replace(state, serial=serial))
            data = print_snapshot(new)
            snapshot = Snapshot(new, checksum_of(data))
            self._folder.save(snapshot, data)
            self._begin(snapshot, _End(serial, new.lineage, lock.token, 0, 0, OpenIntents(intents)))
            self._folder.prune()
        return new

    def _signed(self, state: State) -> State:
        holder = self._grip.lock.holder
        return replace(state, author=Author(holder.by, holder.command))

    def _ready(self) -> _End:
        if self._end is None:
            content = self._folder.load()
            self._end = self._continue(content) if content.replayed.continues else self._begin_after(content)
        return self._end

    def _continue(self, content: Content) -> _End:
        end = content.replayed
        serial = content.snapshot.state.serial if content.snapshot is not None else 0
        return _End(serial, end.lineage, end.token, end.seq, end.size, OpenIntents(end.intents))

    def _begin_after(self, content: Content) -> _End:
        return self._begin(content.snapshot, self._continue(content))

    def _begin(self, snapshot: Snapshot | None, end: _End) -> _End:
        """Puts an empty journal in place, with the intents that are open."""
        serial, checksum = (snapshot.state.serial, snapshot.checksum) if snapshot is not None else (0, "")
        header = Header(*self._folder.owner, end.lineage, serial, checksum, end.token, end.seq, end.open.all())
        data = print_header(header)
        with self._folder.writing():
            self._folder.files.replace(self._folder.journal, data)
        self._end = replace(end, serial=serial, size=len(data))
        return self._end
