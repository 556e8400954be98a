"""Resources that streams share: caches, rate limits, and components by name.

The engine takes them and shows them to nobody, so the state is believed. It cannot delete them either: what goes is
overwritten with something harmless.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from stackfile.errors import Refusal, Rejected
from stackfile.sdk.operations import Metrics
from stackfile.sdk.provider import Body, Kind, Live, Step, Update
from stackfile.sdk.schema import Problem
from stackfile.sdk.traits import Effect, Impact, KindTraits, Names, Reads, SecretsIn, Trait
from stackfile.values import Path, Tree, Value, parse_path, print_path
from stackfile_redpanda_connect.advice import secrets_in_clear
from stackfile_redpanda_connect.canonical import Document, NotCanonical, document
from stackfile_redpanda_connect.engine import Engine
from stackfile_redpanda_connect.kinds.stream import Chilled
from stackfile_redpanda_connect.labels import KINDS, named
from stackfile_redpanda_connect.secrets import hidden

_IN_MEMORY: Final = ("memory", "lru", "ttlru")
_FORGETS: Final = Effect(
    Impact.REPROCESS,
    "The cache is made anew, and what it holds in memory is forgotten: a dedupe lets through what it had seen.",
)
_ANEW: Final = Effect(Impact.RESTART, "The old one is closed and a new one made.")
_USED: Final = "Used by {users}: this restarts no stream, and the next event meets the new one."


class Resource(Body):
    """One component, of which the engine tells nothing afterwards."""

    name: Annotated[
        str,
        Trait.IDENTITY,
        Trait.IMMUTABLE,
        Trait.UNREAD,
        Field(
            pattern=r"^[a-z0-9_-]+$",
            max_length=255,
            description="What native configs call it: of a-z, 0-9, _ and -.",
        ),
    ]
    config: Annotated[
        dict[str, Any],
        Trait.WHOLE,
        Trait.UNREAD,
        Names(KINDS, named),
        SecretsIn(hidden),
        Field(description="The component alone, as in `memory: {default_ttl: 5m}`. Sent as it is written."),
    ]
    chilled: Chilled = None

    @classmethod
    def review(cls, tree: Tree) -> Iterable[Problem]:
        return secrets_in_clear("config", tree.get("config"))


class ResourceKind(Kind[Resource]):
    """One type of resource. `harmless` is what stands in the place of one that goes, `says` what that does."""

    section, model = "resources", Resource
    harmless: ClassVar[Mapping[str, Any]]
    inside: ClassVar[Path] = ()
    """Where a stream could have such a component; empty where it could not."""

    def __init__(self, engine: Engine, chilled: bool) -> None:
        self.engine = engine
        self.chilled = chilled

    @classmethod
    def stable_id(cls, desired: Mapping[str, Any]) -> str:
        return str(desired["name"])

    async def check(self, desired: Resource, live: Live | None) -> None:
        """The engine lints a component as part of a stream that is not there, and does nothing else with it."""
        if not self.inside:
            self._sent(desired)
            return
        part: Any = desired.config
        for step in reversed(self.inside):
            part = [part] if isinstance(step, int) else {step: part}
        try:
            lint = document({"input": {"generate": {"mapping": "root = {}"}}, "output": {"drop": {}}} | part)
            await self.engine.lint(f"stackfile-lint-{secrets.token_hex(8)}", lint, self._is_chilled(desired))
        except NotCanonical as error:
            raise _refused(error, len(self.inside)) from error
        except Rejected as error:
            raise _placed(error, len(self.inside)) from error

    async def create(self, desired: Resource, step: Step) -> Live:
        await self._put(desired)
        await step.created(desired.name)
        return Live(desired.name, {})

    async def update(self, change: Update[Resource], step: Step) -> Live:
        try:
            await self._put(change.desired)
        except Rejected as error:
            if error.status == 502:
                error.message += (
                    "; the engine has closed the old one: what uses it may fail until a good config is applied"
                )
            raise
        return Live(change.live.id, {})

    async def delete(self, live: Live, step: Step) -> None:
        await self.engine.resource(self.name, live.id, document(self.harmless), chilled=False)

    async def metrics(self, live: Iterable[Live]) -> list[Metrics]:
        return [Metrics(one.id, "not readable") for one in live]

    @classmethod
    def effect(cls, verb: str, live: Live, changed: Mapping[Path, tuple[Value, Value]]) -> Effect | None:
        if verb != "update":
            return None
        names = {str(step) for path, sides in changed.items() for step in (*path, *_keys(sides))}
        return _FORGETS if cls.name == "cache" and names & set(_IN_MEMORY) else _ANEW

    async def _put(self, desired: Resource) -> None:
        try:
            await self.engine.resource(self.name, desired.name, self._sent(desired), self._is_chilled(desired))
        except Rejected as error:
            raise _placed(error, 0) from error

    def _sent(self, desired: Resource) -> Document:
        try:
            return document(desired.config)
        except NotCanonical as error:
            raise _refused(error, 0) from error

    def _is_chilled(self, desired: Resource) -> bool:
        return self.chilled if desired.chilled is None else desired.chilled


def _traits(harmless: str) -> KindTraits:
    gone = f"The engine cannot delete a resource: it is overwritten with {harmless}, and forgotten."
    return KindTraits(
        reads=Reads.NONE,
        stable_id=True,
        can_list=False,
        checks_alone=True,
        delete=Effect(Impact.NONE, gone),
        replace=Effect(Impact.NONE, gone),
        users_told=_USED,
    )


class Caches(ResourceKind):
    name = "cache"
    traits = _traits("`noop`, a cache that keeps nothing")
    harmless: ClassVar = {"noop": {}}


class Inputs(ResourceKind):
    name = "input"
    traits = _traits("`generate` that makes no events")
    harmless: ClassVar = {"generate": {"mapping": "root = deleted()", "interval": "24h"}}
    inside: ClassVar = ("input",)


class Outputs(ResourceKind):
    name = "output"
    traits = _traits("`drop`")
    harmless: ClassVar = {"drop": {}}
    inside: ClassVar = ("output",)


class Processors(ResourceKind):
    name = "processor"
    traits = _traits("`noop`, which changes nothing")
    harmless: ClassVar = {"noop": {}}
    inside: ClassVar = ("pipeline", "processors", 0)


class RateLimits(ResourceKind):
    name = "rate_limit"
    traits = _traits("`local` with its defaults, 1000 in a second")
    harmless: ClassVar = {"local": {}}


RESOURCES: Final = (Caches, RateLimits, Inputs, Processors, Outputs)


def _keys(sides: Iterable[Value]) -> Iterable[str]:
    return [str(key) for side in sides if isinstance(side, Mapping) for key in side]


def _placed(error: Rejected, deep: int) -> Rejected:
    """With places of the stackfile for those of what was sent."""
    error.fields = tuple(Refusal(_at(parse_path(one.path), deep), one.message) for one in error.fields)
    return error


def _refused(error: NotCanonical, deep: int) -> Rejected:
    return Rejected(str(error), fields=(Refusal(_at(error.path, deep), error.says),))


def _at(path: Path, deep: int) -> str:
    return print_path(("config", *path[deep:]))
