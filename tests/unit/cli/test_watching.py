"""Looking at how things fare: what a look costs, what it shows of what went wrong, and rates from look to look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stackfile.cli.faring import Faring
from stackfile.cli.watching import Pace, watch
from stackfile.errors import DiagnosticError, ProviderError, Unreachable
from stackfile.report.status import Status, status_text
from stackfile.sdk.measures import Measured, Unit, lag, rate
from stackfile.sdk.operations import Consumer, Metrics
from stackfile.sdk.provider import Live, Session, Settings
from stackfile.sdk.traits import KindTraits
from stackfile.testing.bench import Bench, World, bytes_under, quick_store
from tests.unit.engine.shelf import Boxes, Notes, Secrets, Shelf, Shelves

RESOURCES: dict[str, Any] = {
    "sources.a": {"size": 2},
    "sources.b": {},
    "pipelines.n": {"text": "about a"},
    "streams.s": {},
}


class MeasuredBoxes(Boxes):
    async def metrics(self, live: Sequence[Live]) -> Sequence[Metrics]:
        await self._ask("measure")
        moved = 10 * len(self.shelf.calls)
        return [Metrics(one.id, "ready", values=(Measured("read", moved), rate(None, moved))) for one in live]


class ListedSecrets(Secrets):
    traits = KindTraits(settle=0.0)


class MeasuredShelves(Shelves):
    kind_types = (MeasuredBoxes, Notes, ListedSecrets)

    @classmethod
    async def connect(cls, settings: Settings, session: Session) -> Shelves:
        session.options["shelf"].calls.append("connect")
        return await super().connect(settings, session)

    async def consumers(self) -> Sequence[Consumer]:
        self.shelf.calls.append("consumers")
        self.shelf.fail(self.shelf.before, "consumers")
        (stream,) = self.shelf.objects["secret"]
        return [Consumer("readers", stream, (lag(3, Unit.EVENTS),)), Consumer("readers", "of another stack")]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def eye(shelf: Shelf, tmp_path: Path) -> Callable[..., Faring]:
    """Looks at what was applied; the calls of the apply are forgotten."""

    def session(instance: str) -> Session:
        return Session(tmp_path, tmp_path, shelf.clock, instance, {"shelf": shelf})

    bench = Bench.over(World(MeasuredShelves, {}, session, quick_store(tmp_path), lambda: bytes_under(tmp_path)))

    async def applied() -> None:
        await bench.apply(RESOURCES)
        await bench.close()

    asyncio.run(applied())
    shelf.calls.clear()
    return lambda *patterns: Faring(bench.stack(RESOURCES), patterns)


def looks(eye: Faring, times: int = 1, every: float = 5.0) -> list[Status]:
    shown: list[Status] = []

    async def all_of_it() -> None:
        try:
            await watch(eye, shown.append, Pace(every, times), eye.stack.clock)
        finally:
            await eye.close()

    asyncio.run(all_of_it())
    return shown


def states(status: Status) -> list[tuple[str, str]]:
    return [(str(row.address), row.state) for row in status.rows]


def test_a_look_is_one_listing_and_one_question_a_kind_whatever_the_number_of_objects(
    shelf: Shelf, eye: Callable[..., Faring]
) -> None:
    one_look = ["consumers", "list box", "list note", "list secret", "measure box"]
    faring = eye()
    (first, *_) = looks(faring, times=3)
    assert shelf.calls.count("connect") == 1
    assert sorted(call for call in shelf.calls if call != "connect") == sorted(one_look * 3)
    assert faring.reached
    assert states(first) == [
        ("sources.a", "ready"),
        ("sources.b", "ready"),
        ("pipelines.n", "ready"),
        ("streams.s", "ready"),
    ]


def test_only_kinds_that_are_asked_for_are_read(shelf: Shelf, eye: Callable[..., Faring]) -> None:
    (found,) = looks(eye("sources.a"))
    assert shelf.calls == ["connect", "list box", "measure box"]
    assert (states(found), found.consumers) == ([("sources.a", "ready")], ())


def test_consumers_are_shown_with_the_streams_that_they_read(eye: Callable[..., Faring]) -> None:
    (found,) = looks(eye("streams.s"))
    assert [(one.group, str(one.stream)) for one in found.consumers] == [("readers", "streams.s")]
    (found,) = looks(eye("sources.*"))
    assert found.consumers == ()


def test_rates_are_those_between_two_looks(shelf: Shelf, eye: Callable[..., Faring]) -> None:
    first, second = looks(eye("sources.a"), times=2, every=4.0)
    assert first.rows[0].values == (Measured("read", 30), rate(None, 30))
    assert second.rows[0].values == (Measured("read", 50), rate(5.0, 50))
    assert (second.at - first.at).total_seconds() == 4.0


MISSED: dict[str, tuple[str, Exception, list[str], str]] = {
    "a provider that does not answer": (
        "scope",
        Unreachable("connection refused"),
        ["NOT REACHED"] * 4,
        "connection refused",
    ),
    "a kind that does not tell": (
        "measure box",
        ProviderError("no permission read:metrics"),
        ["NOT TOLD", "NOT TOLD", "ready", "ready"],
        "no permission read:metrics",
    ),
    "a provider's mistake": (
        "measure box",
        KeyError("lag"),
        ["NOT TOLD", "NOT TOLD", "ready", "ready"],
        "a mistake in the code of shelves, in metrics of box: KeyError: 'lag'",
    ),
    "consumers that are not told": (
        "consumers",
        ProviderError("later"),
        ["ready"] * 4,
        "shelves: who reads its streams is not told: later",
    ),
}


@pytest.mark.parametrize("row", MISSED)
def test_what_could_not_be_read_is_shown_and_the_next_look_has_it_again(
    row: str, shelf: Shelf, eye: Callable[..., Faring]
) -> None:
    call, error, expected, says = MISSED[row]
    shelf.before[call] = [error]
    faring = eye()
    reached: list[bool] = []
    shown: list[Status] = []

    def show(status: Status) -> None:
        reached.append(faring.reached)
        shown.append(status)

    async def two_looks() -> None:
        await watch(faring, show, Pace(1.0, 2), faring.stack.clock)
        await faring.close()

    asyncio.run(two_looks())
    assert [[row.state for row in status.rows] for status in shown] == [expected, ["ready"] * 4]
    assert reached == [False, True]
    assert says in status_text(shown[0])
    assert says not in status_text(shown[1])


def test_an_address_that_means_nothing_is_told(eye: Callable[..., Faring]) -> None:
    with pytest.raises(DiagnosticError, match=r"the state holds no sources\.z"):
        looks(eye("sources.z"))


def test_who_is_applied_meanwhile_is_there_in_the_next_look(shelf: Shelf, eye: Callable[..., Faring]) -> None:
    faring = eye("sources.*")

    async def gone() -> None:
        shelf.objects["box"].popitem()

    shelf.meanwhile["measure box"] = gone
    first, second = looks(faring, times=2)
    assert [state for _, state in states(first)] == ["ready", "ready"]
    assert sorted(state for _, state in states(second)) == ["NOT THERE", "ready"]
