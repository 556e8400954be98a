"""A real `stack apply` that is told to stop, and two of them at once."""

from __future__ import annotations

import re
import signal

import pytest

from tests.crash.killable import RESOURCES, Place, Version

APPLY = ("apply", "--yes")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_running_calls_end_and_keeps_what_was_done(number: signal.Signals, place: Place) -> None:
    place.write(Version())
    with place.start(*APPLY) as run:
        run.until("  done  ", 20)
        run.signal(number)
        code, rest = run.end()
    assert code == 130
    assert "nothing more is started" in rest
    out = (place.folder / "out.txt").read_text()
    told = re.search(r"Apply interrupted: (\d+) done, 0 failed, (\d+) skipped \(of 200\)", out)
    assert told, out
    done, skipped = map(int, told.groups())
    assert done + skipped == RESOURCES
    place.expect_whole(done)
    place.succeed(*APPLY)
    place.expect_whole(RESOURCES)


def test_a_second_signal_ends_it_at_once(place: Place) -> None:
    """Both arrive while the process is stopped, so that it finds them together."""
    place.write(Version())
    with place.start(*APPLY) as run:
        run.until("  done  ", 20)
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            run.signal(number)
        code, _ = run.end()
    assert code == 130
    assert place.stored().lock is not None
    place.succeed(*APPLY)
    place.expect_whole(RESOURCES)


def test_of_two_at_once_one_is_refused_and_one_waits_its_turn(place: Place) -> None:
    place.write(Version())
    with place.start(*APPLY) as first:
        first.until("  done  ", 20)
        first.signal(signal.SIGSTOP)
        code, said = place.run(*APPLY)
        assert code == 75
        assert re.fullmatch(HELD, said), said
        with Place(place.folder).start(*APPLY, "--lock-timeout", "5m") as second:
            first.signal(signal.SIGCONT)
            assert first.end()[0] == 0
            assert second.end()[0] == 0
    place.expect_whole(RESOURCES)


def test_of_two_that_start_together_each_ends_well_or_is_refused(place: Place) -> None:
    place.write(Version())
    with place.start(*APPLY) as one, place.start(*APPLY) as other:
        codes = sorted((one.end()[0], other.end()[0]))
    assert codes in ([0, 0], [0, 75])
    place.expect_whole(RESOURCES)


HELD = r"""error\[lock-held\]: stack many \(default\) is locked
  by     ana, `stack apply`, process \d+ on \S+
  since  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, \d+ s; heartbeat \d+ s ago: it is alive
  Wait for it: stack apply --lock-timeout 10m\. If its job is surely dead the lease ends by itself
  30 s after the last heartbeat; before that: stack lock break \w+
"""
