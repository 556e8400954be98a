"""Prints a drift as the user asked for it, with the report of the run before, and keeps the new one for the next."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stackfile.cli.options import Options
from stackfile.cli.selecting import global_words
from stackfile.cli.writing import write_whole
from stackfile.engine.drift import Looked
from stackfile.errors import DiagnosticError
from stackfile.plan.drift import Drift, Earlier
from stackfile.report.colour import coloured
from stackfile.report.drift_json import drift_json, read_earlier
from stackfile.report.drift_text import DriftNotes, drift_text


@dataclass(frozen=True, slots=True)
class Report:
    """How to report. `unmanaged`: with the names of what is not managed; `since` and `save` are files."""

    at: datetime
    unmanaged: bool = False
    since: Path | None = None
    save: Path | None = None


def print_drift(options: Options, looked: Looked, report: Report) -> None:
    """Raises DiagnosticError for an earlier report that cannot be read."""
    drift = looked.drift
    earlier = _earlier(options, drift, report.since) if report.since is not None else None
    document = json.dumps(drift_json(drift, report.at, earlier), sort_keys=True)
    if options.json:
        options.put(document)
    else:
        names = {record.id: address for address, record in looked.known.state.records.items()}
        notes = DriftNotes(report.at, earlier, names, report.unmanaged, tuple(global_words(options)))
        text = drift_text(drift, notes)
        options.put(coloured(text) if options.coloured(sys.stdout) else text)
    if report.save is not None:
        write_whole(report.save, f"{options.redactor.mask(document)}\n".encode())


def _earlier(options: Options, drift: Drift, file: Path) -> Earlier | None:
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        options.say(f"Note: there is no {file} yet; what is new is told from the next run on.")
        return None
    try:
        return read_earlier(text, drift.stack, drift.env)
    except ValueError as error:
        help = f"Name the report of an earlier run, or begin anew: rm {file}"
        raise DiagnosticError.of("drift-report-unreadable", f"{file} cannot be used: {error}", help) from None
