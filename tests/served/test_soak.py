"""Long use loses nothing, doubles nothing and takes no more memory. `make soak` does the same for ten minutes."""

from __future__ import annotations

import os
import time
from itertools import count
from pathlib import Path

from tests.served.soaking import Soak

SECONDS = float(os.environ.get("STACKFILE_SOAK", "0"))
ROUNDS = 60
"""Where no time is given."""
MORE = 24 * 2**20


def test_an_engine_that_is_used_for_long_is_exact_and_stays_as_large_as_it_was(tmp_path: Path) -> None:
    rounds, end = count(), time.monotonic() + 0.8 * SECONDS  # rounds without restarts are quicker
    memory: list[int] = []
    soak = Soak(tmp_path)
    soak.run(lambda: time.monotonic() < end if SECONDS else next(rounds) < ROUNDS, memory.append)
    warm, last = max(memory[: len(memory) // 2]), max(memory[len(memory) // 2 :])
    print(f"{soak.sent:,} events in {soak.rounds:,} rounds; {warm / 2**20:.0f} MiB, then {last / 2**20:.0f} MiB")
    assert last - warm < MORE
