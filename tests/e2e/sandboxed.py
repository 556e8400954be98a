"""A sandbox as users start it, on a port that is free."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


def asked(method: str, url: str, body: Any = None, token: str = "") -> Any:
    """What a service answers to somebody who is not `stack`; None for an answer without a body."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=LONGEST) as answer:
        return json.loads(answer.read() or b"null")
