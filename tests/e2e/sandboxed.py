"""A sandbox as users start it, on a port that is free."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.shell import LONGEST, STACK, surroundings


@contextmanager
def sandbox(provider: str, *more: str) -> Iterator[dict[str, str]]:
    """The settings that reach it. What it prints after that is not read."""
    command = [str(STACK), "sandbox", provider, "--port", "0", "--json", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings()) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["settings"]
        finally:
            process.terminate()
            process.wait(LONGEST)
