"""Real Redpanda Connect engines for tests: started anew on a free port of loopback, or one that is running already.

A test takes the fixture `redpanda_connect` of this folder's conftest, which skips with a reason where there is none:

    @pytest.mark.live_redpanda_connect
    def test_something(redpanda_connect: Engines) -> None:
        engine = redpanda_connect.started(environment={"TOKEN": "not-a-secret-1234"})
        httpx.get(f"{engine.url}/streams")
        engine.restart()  # or kill(), and restart() after it

A binary called `redpanda-connect` or `benthos` on PATH is started for each call of `started`, in a folder of its own,
and is ended by its own process id when the test is over. Where STACK_TEST_REDPANDA_CONNECT_URL is set that engine, on
this machine, is used instead if it has no streams: a test that needs to start its own is then skipped, and the streams
that a test leaves are deleted.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

URL = "STACK_TEST_REDPANDA_CONNECT_URL"
GIVEN = os.environ.get(URL, "").rstrip("/")
"""Read while tests are collected: they run without the settings of whoever runs them, and reach loopback only."""
BINARIES = ("redpanda-connect", "benthos")
MISSING = f"no Redpanda Connect engine: set {URL}, or put {' or '.join(BINARIES)} on PATH"
_LONGEST = 20.0


@dataclass
class Engine:
    """One engine at `url`. `folder` is where it runs, None for one that is not ours, which cannot be restarted."""

    url: str
    credentials: tuple[str, str] | None = None
    folder: Path | None = None
    command: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def version(self) -> str:
        with self.client() as client:
            return str(client.get("/version").json()["version"])

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=self.credentials, timeout=_LONGEST, trust_env=False)

    def start(self) -> None:
        """Returns when it answers. Raises RuntimeError for one that ends first or never does."""
        environment = {"PATH": os.environ["PATH"], **self.environment}
        quiet = subprocess.DEVNULL
        with (self.own / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.own, env=environment, stdin=quiet, stdout=log, stderr=log
            )
        for _ in range(400):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/ping", trust_env=False)
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
                break
        raise RuntimeError(f"the engine does not start: {(self.own / 'engine.log').read_text()}")

    def stop(self) -> None:
        """At once, streams or not."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    kill = stop

    def restart(self) -> None:
        """The same port and settings; what came by the API is gone."""
        self.stop()
        self.start()

    @property
    def own(self) -> Path:
        if self.folder is None:
            pytest.skip(f"{URL} is set, and this test restarts its engine")
        return self.folder


@dataclass
class Engines:
    """Makes engines for one test, and ends them after it."""

    folder: Path
    made: list[Engine] = field(default_factory=list)

    def started(
        self,
        environment: Mapping[str, str] | None = None,
        credentials: tuple[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        streams: Mapping[str, str] | None = None,
    ) -> Engine:
        """A fresh engine with these variables, this name and password, files in its folder and YAML streams by id."""
        if GIVEN and not (environment or credentials or files or streams):
            return self._running(GIVEN)
        if GIVEN:
            pytest.skip(f"{URL} is set, and this test starts its engine in a way of its own")
        binary = next(filter(None, map(shutil.which, BINARIES)), None)
        if binary is None:
            pytest.skip(MISSING)
        folder = self.folder / f"engine-{len(self.made)}"
        return self._launched(folder, binary, environment or {}, credentials, {**(files or {}), **_named(streams)})

    def close(self) -> None:
        for engine in self.made:
            engine.stop()
            if engine.folder is None:
                _emptied(engine)

    def _launched(
        self,
        folder: Path,
        binary: str,
        environment: Mapping[str, str],
        credentials: tuple[str, str] | None,
        files: Mapping[str, str],
    ) -> Engine:
        port = _free_port()
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "engine.yaml").write_text(json.dumps(_settings(port, credentials)))
        command = [binary, "streams", "-o", "engine.yaml", *(["streams"] if (folder / "streams").exists() else [])]
        engine = Engine(f"http://127.0.0.1:{port}", credentials, folder, command, environment)
        self.made.append(engine)
        engine.start()
        return engine

    def _running(self, url: str) -> Engine:
        engine = Engine(url)
        with engine.client() as client:
            there = client.get("/streams").json()
        if there and engine.url not in {one.url for one in self.made}:
            pytest.skip(f"the engine at {URL} has {len(there)} streams: tests use one that has none")
        self.made.append(engine)
        return engine


def is_there() -> bool:
    """Whether tests have an engine at all."""
    return bool(GIVEN) or any(map(shutil.which, BINARIES))


def _settings(port: int, credentials: tuple[str, str] | None) -> dict[str, object]:
    http: dict[str, object] = {"address": f"127.0.0.1:{port}"}
    if credentials is not None:
        name, password = credentials
        digest = base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()
        http["basic_auth"] = {"enabled": True, "username": name, "password_hash": digest, "algorithm": "sha256"}
    return {"http": http, "logger": {"level": "ERROR"}}


def _named(streams: Mapping[str, str] | None) -> dict[str, str]:
    return {f"streams/{id}.yaml": text for id, text in (streams or {}).items()}


def _emptied(engine: Engine) -> None:
    with engine.client() as client:
        for id in client.get("/streams").json():
            client.delete(f"/streams/{id}", params={"timeout": "1s"})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
