"""Tells a run as it goes: a live view on a terminal, greppable lines without one, JSON lines where asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from stackfile import __version__
from stackfile.cli.options import Options
from stackfile.events import Event, ReadDone, Recovered, StageDone, StageFailed, StageStarted, TakenOver
from stackfile.plan.ledger import KilledRun, Ledger
from stackfile.plan.plan import Plan
from stackfile.report.colour import coloured
from stackfile.report.events_json import JsonLines, ledger_lines, outputs_line, version_line
from stackfile.report.events_text import address_columns, event_line
from stackfile.report.ledger import ledger_text
from stackfile.report.lists import outputs_text
from stackfile.report.live import LiveApply, live_apply
from stackfile.report.recovery import recovery_text
from stackfile.state.format import StoredOutput


class Progress:
    """The voice of one apply. `running` counts stages that were started and have not ended."""

    def __init__(self, options: Options) -> None:
        self.running = 0
        self._options = options
        self._json = JsonLines()
        self._recovered: list[Recovered] = []
        self._killed: KilledRun | None = None
        self._columns = 0
        self._live: LiveApply | None = None
        if options.json:
            self._lines([version_line(__version__, _now())])

    def emit(self, event: Event) -> None:
        """Takes every event of the engine."""
        if isinstance(event, StageStarted):
            self.running += 1
        elif isinstance(event, StageDone | StageFailed):
            self.running -= 1
        if self._options.json:
            self._lines([self._json.event(event, _now())])
        elif isinstance(event, TakenOver):
            ago = (event.at - event.heartbeat_at).total_seconds()
            self._killed = KilledRun(event.run, event.host, event.heartbeat_at, max(ago, 0.0))
        elif isinstance(event, Recovered):
            self._recovered.append(event)  # told together once the plan says what is left
        elif self._live is not None:
            self._live.update(event)
        elif not isinstance(event, ReadDone):  # the plan's header says what was read
            self._options.say(event_line(event, self._columns))

    def planned(self, plan: Plan) -> None:
        """The plan is there: what was recovered is told, and the view of the walk made ready."""
        options = self._options
        if options.json:
            self._json = JsonLines.of(plan)
            self._lines(self._json.plan(plan, _now()))
            return
        self._tell_recovered(len(plan.changes))
        self._columns = address_columns(change.address for change in plan.changes)

    def started(self, plan: Plan) -> None:
        """The walk begins: on a terminal a live view takes over."""
        options = self._options
        if not options.json and sys.stderr.isatty():
            paint = coloured if options.coloured(sys.stderr) else str
            addresses = (change.address for change in plan.changes)
            self._live = live_apply(sys.stderr, addresses, options.redactor.mask, paint)

    def ledger(self, ledger: Ledger) -> None:
        self.close()
        if self._options.json:
            self._lines(ledger_lines(ledger, _now()))
            return
        text = ledger_text(ledger)
        self._options.put(coloured(text) if self._options.coloured(sys.stdout) else text)

    def outputs(self, outputs: Mapping[str, StoredOutput]) -> None:
        if self._options.json:
            self._lines([outputs_line(outputs, _now())])
        elif outputs:
            self._options.put(f"\nOutputs:\n{outputs_text(outputs)}")

    def close(self) -> None:
        """Gives the terminal back, and tells what a refusal left untold."""
        if self._live is not None:
            self._live.close()
            self._live = None
        self._tell_recovered(0)

    def _tell_recovered(self, left: int) -> None:
        if self._recovered:
            self._options.say(recovery_text(self._recovered, left, self._killed))
            self._recovered.clear()

    def _lines(self, lines: Iterable[Mapping[str, Any]]) -> None:
        for line in lines:
            self._options.put(json.dumps(line, sort_keys=True))


def _now() -> datetime:
    return datetime.now(UTC)
