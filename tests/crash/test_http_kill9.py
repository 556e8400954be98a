"""A source that receives is killed again and again while somebody sends: what was answered with 200 is there, once."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from tests.e2e.shell import STACK, surroundings

STACKFILE = """
version: 1
name: hooks
providers: {local: {}}
defaults: {provider: local}
streams: {hooks: {}}
sources:
  hooks: {connector: http, listen: 127.0.0.1:PORT, stream: streams.hooks, event_id: {header: X-Id}}
destinations:
  kept: {connector: file, path: kept.ndjson, stream: streams.hooks}
"""
TURNS = 2
EACH = 15


def stack(folder: Path, *words: str) -> None:
    subprocess.run([STACK, *words], cwd=folder, env=surroundings(), capture_output=True, check=True, timeout=90)


@contextmanager
def running(folder: Path, url: str) -> Iterator[None]:
    """A run that listens by the time the block begins, and is killed when it ends."""
    with subprocess.Popen([STACK, "run"], cwd=folder, env=surroundings(), stderr=subprocess.DEVNULL) as run:
        try:
            while not listens(url):
                assert run.poll() is None
            yield
        finally:
            run.kill()


def listens(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 405
    except httpx.TransportError:
        return False


def test_what_was_answered_is_there_once_however_often_it_is_killed_and_sent_again(tmp_path: Path) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "stack.yaml").write_text(STACKFILE.replace("PORT", str(port)))
    stack(tmp_path, "apply", "--yes")
    url = f"http://127.0.0.1:{port}/"
    count = 0
    for _ in range(TURNS):
        with running(tmp_path, url), httpx.Client() as client:
            for number in range(max(count - 5, 0), count + EACH):  # the last ones again, as if no answer had come
                body = [{"n": number, "k": k} for k in range(3)]
                assert client.post(url, json=body, headers={"X-Id": str(number)}).status_code == 200
        count += EACH
    stack(tmp_path, "run", "--until-idle")
    kept = [json.loads(line) for line in (tmp_path / "kept.ndjson").read_text().splitlines()]
    assert kept == [{"n": number, "k": k} for number in range(count) for k in range(3)]
