"""The files of one stack and environment: which there are, what they come to, and what to tell when they do not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from errno import EDQUOT, ENOSPC
from pathlib import Path

from stackfile.errors import StateError
from stackfile.state.document import Damage, Snapshot, author_of, check_owner, is_intact, parse_snapshot, print_snapshot
from stackfile.state.files import Files, GuardBusy
from stackfile.state.journal import Replayed, Unrelated, base_serial, last_token, replay, replay_whole
from stackfile.state.lock import Lock, parse_lock
from stackfile.state.mend import generation_damaged, journal_damaged, no_generation, state_damaged, unrelated
from stackfile.state.secrets import key_id, parse_key, print_key
from stackfile.state.store import Generation, Mended

KEPT = 10
"""How many generations are kept."""


@dataclass(frozen=True, slots=True)
class Content:
    """The snapshot, and what it comes to with its journal."""

    snapshot: Snapshot | None
    replayed: Replayed


class StateFolder:
    """Reads without a lock; whoever writes holds the guard. Every error is a StateError with a way out."""

    def __init__(self, root: Path, owner: tuple[str, str], files: Files) -> None:
        self.root, self.owner, self.files = root, owner, files
        self.state, self.journal = root / "state.json", root / "journal.ndjson"
        self.lock_file, self.token_file, self.guard = root / "lock.json", root / "lease.token", root / "guard"
        self.key_file, self.next_key_file = root / "secret.key", root / "secret.key.next"
        self.history = root / "history"
        self._known: Snapshot | None = None

    def prepare(self) -> None:
        """Makes the folder, so that there is a place for the guard."""
        with self.writing():
            self.files.make_folder(self.history)

    def hide(self) -> None:
        """Keeps all of `.stack` out of version control. Other environments may be doing the same."""
        ignore = self.root.parent / ".gitignore"
        if ignore.parent.name == ".stack" and not ignore.exists():
            self.files.replace(ignore, b"*\n", by_way_of=self.root)

    def load(self) -> Content:
        """Never sees half of a compaction: reads again when the two files do not fit and one has changed since."""
        before: tuple[bytes | None, bytes | None] | None = None
        while True:
            with self._reading():
                found = self.files.read(self.journal), self.files.read(self.state)
            try:
                content = self._parse(*found)
                if content.replayed.continues or found[0] is None or found == before:
                    return content
            except Damage as damage:
                if found == before:
                    raise self._journal_damaged(damage) from None
            before = found

    def _parse(self, journal: bytes | None, data: bytes | None) -> Content:
        snapshot = self._snapshot(data) if data is not None else None
        return Content(snapshot, replay(snapshot, journal, self.owner))

    def _snapshot(self, data: bytes) -> Snapshot:
        try:
            self._known = parse_snapshot(data, str(self.state), self._known)
        except Damage as damage:
            raise self._state_damaged(damage) from None
        state = self._known.state
        check_owner(self.owner, (state.stack, state.env), str(self.state))
        return self._known

    def earlier(self, serial: int) -> Snapshot:
        """A generation. Raises StateError for one that is not there, or not intact."""
        path = self._generation(serial)
        with self._reading():
            data = self.files.read(path)
            intact = [generation.serial for _, generation in self._copies() if generation.intact]
        if data is None:
            raise no_generation(serial, intact)
        try:
            snapshot = parse_snapshot(data, str(path))
        except Damage as damage:
            raise generation_damaged(path, serial, damage, intact) from None
        check_owner(self.owner, (snapshot.state.stack, snapshot.state.env), str(path))
        return snapshot

    def mended(self, serial: int) -> Mended:
        snapshot = self.earlier(serial)
        with self._reading():
            journal = self.files.read(self.journal)
        replayed, dropped = replay_whole(snapshot, journal, self.owner)
        return Mended(replayed.state or snapshot.state, replayed.intents, dropped)

    def last_serial(self) -> int:
        """The highest serial that anything here has, or had."""
        with self._reading():
            journal, kept = self.files.read(self.journal), self._generations()
        serials = [0, base_serial(journal or b""), *(int(path.stem) for path in kept)]
        try:
            state = self.load().replayed.state
        except StateError:
            return max(serials)
        return max(*serials, state.serial if state is not None else 0)

    def set_aside(self) -> None:
        """Before all is replaced: what the journal adds to the snapshot becomes a generation; what is damaged is
        kept under another name."""
        try:
            content = self.load()
        except StateError:
            self._keep_damaged()
            return
        state, snapshot = content.replayed.state, content.snapshot
        if state is not None and (snapshot is None or state.serial != snapshot.state.serial):
            with self.writing():
                self.files.replace(self._generation(state.serial), print_snapshot(state))

    def _keep_damaged(self) -> None:
        for path in (self.state, self.journal):
            with self._reading():
                data = self.files.read(path)
            if data is not None:
                with self.writing():
                    self.files.replace(path.with_name(f"{path.name}.damaged"), data)

    def save(self, snapshot: Snapshot, data: bytes) -> None:
        """Keeps the snapshot twice: a damaged state.json has a whole copy in the history, with all that it held."""
        with self.writing():
            self.files.replace(self._generation(snapshot.state.serial), data)
            self.files.replace(self.state, data)
        self._known = snapshot

    def prune(self) -> None:
        for path in self._generations()[KEPT:]:
            # One that is left does no harm; the next compaction tries again.
            with suppress(OSError):
                self.files.remove(path)

    def _generation(self, serial: int) -> Path:
        return self.history / f"{serial:08}.json"

    def _generations(self) -> Sequence[Path]:
        return sorted((path for path in self.history.glob("*.json") if path.stem.isdecimal()), reverse=True)

    def generations(self) -> Sequence[Generation]:
        with self._reading():
            return [replace(one, author=author_of(self.files.read(path) or b"")) for path, one in self._copies()]

    def _copies(self) -> Iterator[tuple[Path, Generation]]:
        """Newest first. One that another process takes away meanwhile is left out."""
        for path in self._generations():
            if (data := self.files.read(path)) is not None:
                with suppress(FileNotFoundError):
                    at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
                    yield path, Generation(int(path.stem), at, len(data), is_intact(data))

    def read_lock(self) -> Lock | None:
        with self._reading():
            data = self.files.read(self.lock_file)
        return None if data is None else parse_lock(data, str(self.lock_file))

    def read_token(self) -> int:
        """The last token given to a lease. What the journal says makes up for a lost file."""
        with self._reading():
            data = self.files.read(self.token_file)
            if data is not None and data.strip().isdigit():
                return int(data)
            return last_token(self.files.read(self.journal) or b"")

    def read_key(self) -> bytes | None:
        """The key in use. A new one is that as soon as the snapshot is under it."""
        coming = self._read_key(self.next_key_file)
        if coming is not None:
            with self._reading():
                state = self.files.read(self.state)
            if b'"kid":"%b"' % key_id(coming).encode() in (state or b""):
                return coming
        return self._read_key(self.key_file)

    def _read_key(self, path: Path) -> bytes | None:
        with self._reading():
            data = self.files.read(path)
        return None if data is None else parse_key(data, str(path))

    def begin_key(self, key: bytes) -> None:
        with self.writing():
            self.files.replace(self.next_key_file, print_key(key))

    def keep_key(self) -> None:
        """Ends what `begin_key` has begun, also for a run that was killed."""
        key = self.read_key()
        with self.writing():
            if key is not None and key != self._read_key(self.key_file):
                self.files.replace(self.key_file, print_key(key))
            self.files.remove(self.next_key_file)

    def drop_key(self) -> None:
        """Once the state is under a key that is kept elsewhere."""
        with self.writing():
            self.files.remove(self.next_key_file)
            self.files.remove(self.key_file)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """For a moment nobody else changes a file here."""
        try:
            with self.writing(), self.files.guarded(self.guard):
                yield
        except GuardBusy:
            raise StateError.of(
                "state-busy",
                f"another process is in the middle of a write to {self.root} and does not go on",
                "It is stopped, or its disk is. Let it go on, or kill it; who it is: stack lock show",
            ) from None

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"the state in {self.root} could not be written: {error.strerror or error}"
            help = self._way_out(error, "write", "u+rwX")
            raise StateError.of("state-not-written", message, "What was recorded before is whole.", help) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"the state in {self.root} could not be read: {error.strerror or error}"
            raise StateError.of("state-not-readable", message, self._way_out(error, "read", "u+rX")) from error

    def _way_out(self, error: OSError, do: str, rights: str) -> str:
        in_the_way = next((one for one in (self.root, *self.root.parents) if one.is_file()), None)
        if in_the_way is not None:
            return f"{in_the_way} is a file, and a folder is needed there: mv {in_the_way} {in_the_way}.file"
        if error.errno in (ENOSPC, EDQUOT):
            return f"Free some space on the disk of {self.root}, then run the command again."
        return f"Give this user the right to {do} there: chmod -R {rights} {self.root}"

    def _state_damaged(self, damage: Damage) -> StateError:
        with self._reading():
            whole = next((copy for copy in self._copies() if copy[1].intact), None)
        return state_damaged(self.state, damage, whole[1] if whole is not None else None)

    def _journal_damaged(self, damage: Damage) -> StateError:
        if not isinstance(damage, Unrelated):
            return journal_damaged(self.journal, damage, self._twin())
        whole = is_intact(self.files.read(self._generation(damage.serial)) or b"")
        copy = damage.serial if whole else self._twin()
        return unrelated(self.state, self.journal, damage.serial, copy)

    def _twin(self) -> int | None:
        """The generation that the state in place is a copy of."""
        data = self.files.read(self.state)
        kept = (path for path in self._generations() if data is not None and self.files.read(path) == data)
        return next((int(path.stem) for path in kept), None)
