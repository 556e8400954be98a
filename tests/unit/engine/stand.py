"""A stack on a service that does as told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackfile.engine.account import account
from stackfile.engine.apply import Applied, Orders
from stackfile.errors import Ambiguous, Rejected
from stackfile.events import Recovered
from stackfile.plan.ledger import Ledger
from stackfile.plan.question import Question
from stackfile.testing.bench import FakeClock
from stackfile.testing.faults import Fuse, Killed
from stackfile.values import Tree
from tests.unit.engine.shelf import Shelf, bench_over

TEA: Mapping[str, Tree] = {"sources.tea": {"size": 5, "label": "black", "password": "hunter22"}}
TWO: Mapping[str, Tree] = {**TEA, "sources.rum": {}}
SILENT = Ambiguous("no answer came")
NO = Rejected("it said no", status=422)


class Stand:
    """A service and a stack on it."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.folder = folder
        self.shelf = Shelf(clock or FakeClock())
        self.bench = bench_over(self.shelf, folder)

    def attempt(
        self, resources: Mapping[str, Tree], orders: Orders | None = None, question: Question | None = None
    ) -> Applied:
        self.bench.events.clear()
        self.shelf.calls.clear()
        return asyncio.run(self.bench.attempt(resources, question=question, orders=orders))

    def die(self, resources: Mapping[str, Tree], effect: int, question: Question | None = None) -> None:
        with pytest.raises(Killed):
            asyncio.run(self.bench.attempt(resources, Fuse(effect), question))

    def ledger(self, resources: Mapping[str, Tree], applied: Applied) -> Ledger:
        return account(applied, self.bench.configuration(resources), "run-1")

    @property
    def verdicts(self) -> list[str]:
        return [event.verdict for event in self.bench.events if isinstance(event, Recovered)]

    @property
    def boxes(self) -> list[Mapping[str, Any]]:
        return [live.fields for live in self.shelf.objects["box"].values()]
