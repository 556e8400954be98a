"""A served engine for tests: the installed `stack engine serve` in a process of its own, on a free port."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.shell import STACK, surroundings

LONGEST = 60.0
"""Seconds until a request or a process that hangs fails the test; nothing is measured with it."""


@dataclass
class Serving:
    """A running server, and a client of it."""

    process: subprocess.Popen[str]
    url: str
    client: httpx.Client

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer; `body` is sent as JSON."""
        answer = (
            self.client.request(method, path, json=body, **more)
            if body is not None
            else self.bare(method, path, **more)
        )
        return answer.status_code, answer.json()

    def bare(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, **more)

    def made(self, name: str, **fields: Any) -> None:
        status, answer = self.ask("POST", "/api/v1/streams", {"name": name, **fields})
        assert status == 201, answer

    def produced(self, stream: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
        status, answer = self.ask("POST", f"/api/v1/streams/{stream}/events/batch", {"events": list(events)})
        assert (status, answer["failureCount"]) == (200, 0), answer
        results: list[dict[str, Any]] = answer["results"]
        return results

    def consumed(self, stream: str, group: str = "readers", **query: object) -> dict[str, Any]:
        params = {"consumerGroup": group, "timeout": "0", **{name: str(value) for name, value in query.items()}}
        status, answer = self.ask("GET", f"/api/v1/streams/{stream}/events", params=params)
        assert status == 200, answer
        page: dict[str, Any] = answer
        return page

    def until(self, holds: Callable[[], bool]) -> None:
        """Asks again and again, and fails where it never holds."""
        end = time.monotonic() + LONGEST
        while not holds():
            assert time.monotonic() < end

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(LONGEST)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(LONGEST)


def command(folder: Path, *more: str) -> list[str]:
    return [str(STACK), "engine", "serve", "--json", "--data", str(folder), "--port", "0", *more]


@contextmanager
def serving(folder: Path, *more: str, token: str | None = None, path: Path | None = None) -> Iterator[Serving]:
    """Serves a folder until the block ends; `path` holds what else is installed."""
    env = surroundings({} if path is None else {"PYTHONPATH": str(path)})
    process = subprocess.Popen(command(folder, *more), stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    try:
        said = next(line for line in map(json.loads, process.stdout) if "url" in line)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=5)
        with httpx.Client(base_url=said["url"], headers=headers, timeout=LONGEST, limits=limits) as client:
            yield Serving(process, said["url"], client)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(LONGEST)
        process.stdout.close()


def code_of(answer: tuple[int, Any]) -> tuple[int, int]:
    """The status and the API's code of an error."""
    status, body = answer
    assert body["error"].keys() == {"code", "message", "description", "details"}
    return status, body["error"]["code"]
