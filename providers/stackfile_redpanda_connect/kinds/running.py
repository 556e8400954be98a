"""What streams, and pipelines that are made of definitions, have in common: each is one stream of an engine.

An update is a stop and a start with nothing in between, and the engine keeps no copy: where the new config cannot be
started, the old one is posted again before anything else.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Final

from stackfile.errors import Ambiguous, Conflict, NotFound, ProviderError, Refusal, Rejected
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import B, Health, Kind, Live, Step, Update
from stackfile.sdk.traits import Effect, KindTraits, Reads, Wait
from stackfile.values import Path, Value, parse_path, print_path
from stackfile_redpanda_connect.canonical import Document, NotCanonical, document, verbatim
from stackfile_redpanda_connect.engine import Engine, Shown
from stackfile_redpanda_connect.losses import effect
from stackfile_redpanda_connect.marks import marked, resolved, unmarked
from stackfile_redpanda_connect.measuring import measured

RUNNING, FINISHED, UNREADABLE = "running", "finished", "unreadable"
_PUT_BACK: Final = "; the old stream was started again and runs as before"
_SKEW: Final = timedelta(seconds=5)
"""How far two reckonings of the moment at which a stream started may be apart."""


class StreamKind(Kind[B]):
    """A kind of which each object is one stream. `config_of` and `fields_of` are its form; `chilled` its default."""

    traits: ClassVar = KindTraits(
        stable_id=True,
        checks_alone=True,
        reads=Reads.OUTLINES,
        update_gap="it was stopped for the update, and nothing ran in its place since",
        settle=2.0,
    )

    def __init__(self, engine: Engine, chilled: bool) -> None:
        self.engine = engine
        self.chilled = chilled

    def config_of(self, desired: B) -> dict[str, Any]:
        """The whole config of the stream."""
        raise NotImplementedError

    @classmethod
    def fields_of(cls, config: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of the model that a config says."""
        raise NotImplementedError

    @classmethod
    def field_at(cls, path: Path) -> tuple[Path, str]:
        """Where a place of the config stands in the model, and what to say before a message about it."""
        raise NotImplementedError

    @classmethod
    def buffer_of(cls, fields: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return str(desired["name"])

    async def list_all(self) -> Sequence[Live]:
        return [Live(id, {"name": id}) for id in await self.engine.streams()]

    async def read(self, id: str) -> Live | None:
        shown = await self.engine.stream(id)
        return None if shown is None else self._live(id, shown)

    async def look(self, id: str) -> Live | None:
        """With what keeps it from being connected, so that it is known what is waited for."""
        live = await self.read(id)
        if live is None or live.fields["status"] != RUNNING:
            return live
        off = [one for one in await self.engine.ready(id) if not one.is_connected]
        says = "; ".join(f"{one.label or one.path}: {one.error or 'not connected yet'}" for one in off)
        return Live(id, {**live.fields, "trouble": says}, live.created_at, live.mark) if says else live

    async def check(self, desired: B, live: Live | None) -> None:
        """The engine lints what is sent for a stream that is not there, and does nothing else with it."""
        unused = f"stackfile-lint-{secrets.token_hex(8)}"
        sent = self._sent(desired, live.mark or "" if live is not None else "")
        try:
            await self.engine.lint(unused, sent, self._is_chilled(desired))
        except Rejected as error:
            raise self._placed(error) from error

    async def create(self, desired: B, step: Step) -> Live:
        id = self.stable_id({"name": getattr(desired, "name", "")})
        try:
            await self.engine.create(id, self._sent(desired, step.mark), self._is_chilled(desired))
        except Conflict:
            raise
        except Rejected as error:
            raise self._placed(error) from error
        await step.created(id)
        return await self._there(id)

    async def update(self, change: Update[B], step: Step) -> Live:
        id = change.live.id
        before = await self.engine.stream(id)
        if before is None:
            raise NotFound(f"stream {id} is gone since the plan: plan again")
        self._expect_unchanged(change.live, before)
        if before.config is not None and unmarked(before.config)[0] == self.config_of(change.desired):
            return await self._there(id)  # it would stop for nothing
        sent = self._sent(change.desired, change.live.mark or "")
        try:
            await self.engine.replace(id, sent, self._is_chilled(change.desired))
        except NotFound:
            raise
        except Rejected as error:
            if error.status == 502:
                await step.phase("put back")
                await self._put_back(id, before, error)
            raise self._placed(error) from error
        return await self._there(id)

    async def delete(self, live: Live, step: Step) -> None:
        try:
            await self.engine.delete(live.id)
        except NotFound:
            return

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        """Two calls each, at once: there is none for many."""
        return await measured(self.engine, [(one, one.fields.get("config") or one.fields) for one in live])

    @classmethod
    def health(cls, live: Live) -> Health:
        trouble = live.fields.get("trouble")
        if trouble:
            return Health(Wait.PENDING, f"NOT CONNECTED: {trouble}")
        return Health(Wait.READY, str(live.fields.get("status", "")))

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        return effect(verb, cls.buffer_of(live.fields), live.fields.get("status"))

    def _expect_unchanged(self, planned: Live, now: Shown) -> None:
        """Whoever changed or started it since the plan meant something by it. Raises Conflict."""
        live = self._live(planned.id, now)
        ours = self.fields_of({})
        then = {name: planned.fields[name] for name in planned.fields if name in ours}
        if then and then != {name: live.fields.get(name) for name in then}:
            raise Conflict(f"somebody changed stream {planned.id} since the plan: plan again")
        started, known = live.created_at, planned.created_at
        restarted = started is not None and known is not None and started - known > _SKEW
        if restarted or (planned.fields.get("status") == FINISHED and now.is_active):
            raise Conflict(f"somebody restarted stream {planned.id} since the plan: plan again")

    async def _put_back(self, id: str, before: Shown, error: Rejected) -> None:
        """The old config as it was read, and whatever its lints: it ran with it. Adds to the error what came of it."""
        if before.config is None:
            error.message += f"; the engine never showed the old config, so stream {id} is GONE: apply a good one"
            return
        try:
            await self.engine.create(id, verbatim(before.config), chilled=True)
            error.message += _PUT_BACK
        except Conflict:
            error.message += "; somebody else made a stream of this id meanwhile, and it was left as it is"
        except ProviderError as again:
            if isinstance(again, Ambiguous) and await self._is_there(id):
                error.message += _PUT_BACK
                return
            error.message += (
                f"; the old stream could not be started again either, so {id} is GONE until the next apply "
                f"({again.message})"
            )

    async def _is_there(self, id: str) -> bool:
        try:
            return await self.engine.stream(id) is not None
        except ProviderError:
            return False

    async def _there(self, id: str) -> Live:
        live = await self.look(id)
        if live is None:
            raise NotFound(f"stream {id} was made and is gone again: plan again")
        return live

    def _live(self, id: str, shown: Shown) -> Live:
        status = RUNNING if shown.is_active else FINISHED
        started = self.engine.client.clock.now() - timedelta(seconds=shown.uptime) if shown.is_active else None
        if shown.config is None:
            return Live(id, {"name": id, "status": UNREADABLE}, started)
        self.engine.client.hide(*(text for text in resolved(shown.config) if len(text) > 3))
        config, mark = unmarked(shown.config)
        return Live(id, {"name": id, **self.fields_of(config), "status": status}, started, mark)

    def _sent(self, desired: B, mark: str) -> Document:
        try:
            return document(marked(self.config_of(desired), mark))
        except NotCanonical as error:
            path, before = self.field_at(error.path)
            raise Rejected(str(error), fields=(Refusal(print_path(path), f"{before}{error.says}"),)) from error

    def _is_chilled(self, desired: B) -> bool:
        said = getattr(desired, "chilled", None)
        return self.chilled if said is None else bool(said)

    def _placed(self, error: Rejected) -> Rejected:
        """With places of the stackfile for those of the config."""
        placed = []
        for one in error.fields:
            path, before = self.field_at(parse_path(one.path))
            placed.append(Refusal(print_path(path), f"{before}{one.message}"))
        error.fields = tuple(placed)
        return error
