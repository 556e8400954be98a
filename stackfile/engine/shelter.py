"""A provider's own mistakes, as errors that name the provider: a bug in one must not take the whole run with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from stackfile.errors import ProviderError, StackError
from stackfile.sdk.operations import CanMeasure, Metrics
from stackfile.sdk.provider import Health, Kind, Live, Step, Update


@contextmanager
def sheltered(provider: str, doing: str) -> Iterator[None]:
    """Turns what no provider may raise into a ProviderError. What had happened by then is not known."""
    try:
        yield
    except StackError:
        raise
    except Exception as error:
        says = ": ".join(part for part in (type(error).__name__, *str(error).splitlines()[:1]) if part)
        raise ProviderError(f"a mistake in the code of {provider}, in {doing}: {says}") from error


def sheltered_kind(provider: str, kind: Kind[Any]) -> Kind[Any]:
    """The kind with verbs that raise nothing but what they may."""
    return cast(Kind[Any], _Sheltered(provider, kind))


@dataclass(frozen=True, slots=True)
class _Sheltered:
    provider: str
    inner: Kind[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def _doing(self, verb: str) -> str:
        return f"{verb} of {self.inner.name}"

    async def list_all(self) -> Sequence[Live]:
        with sheltered(self.provider, self._doing("list_all")):
            return await self.inner.list_all()

    async def read(self, id: str) -> Live | None:
        with sheltered(self.provider, self._doing("read")):
            return await self.inner.read(id)

    async def look(self, id: str) -> Live | None:
        with sheltered(self.provider, self._doing("read")):
            return await self.inner.look(id)

    async def create(self, desired: Any, step: Step) -> Live:
        with sheltered(self.provider, self._doing("create")):
            return await self.inner.create(desired, step)

    async def update(self, change: Update[Any], step: Step) -> Live:
        with sheltered(self.provider, self._doing("update")):
            return await self.inner.update(change, step)

    async def delete(self, live: Live, step: Step) -> None:
        with sheltered(self.provider, self._doing("delete")):
            await self.inner.delete(live, step)

    async def pause(self, live: Live) -> Live:
        return await self._operate("pause", live)

    async def resume(self, live: Live) -> Live:
        return await self._operate("resume", live)

    async def start(self, live: Live) -> Live:
        return await self._operate("start", live)

    async def stop(self, live: Live) -> Live:
        return await self._operate("stop", live)

    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        with sheltered(self.provider, self._doing("metrics")):
            return await cast(CanMeasure, self.inner).metrics(live)

    async def _operate(self, verb: str, live: Live) -> Live:
        with sheltered(self.provider, self._doing(verb)):
            return cast(Live, await getattr(self.inner, verb)(live))

    def health(self, live: Live) -> Health:
        with sheltered(self.provider, self._doing("health")):
            return self.inner.health(live)
