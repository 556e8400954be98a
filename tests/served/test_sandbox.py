"""`stack sandbox` serves a provider's simulator, says how to reach it, fails as it is told, and ends in good order."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.shell import LONGEST, STACK, surroundings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Where a package is installed that has a simulator."""
    about = tmp_path / "peer-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: peer\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[stackfile.simulators]\npeer = tests.peer.service:simulator\nbroken = tests.peer.service:nothing\n"
    )
    return surroundings({"PYTHONPATH": f"{tmp_path}:{ROOT}"})


def test_it_serves_fails_as_told_and_ends_with_sigterm(env: dict[str, str]) -> None:
    faults = ["--fault", "lost=0.3", "--fault", "throttled=0.3"]
    command = [str(STACK), "sandbox", "peer", "--port", "0", "--latency", "1", "-v", *faults]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as served:
        assert served.stdout is not None
        assert served.stderr is not None
        lines = [served.stdout.readline() for _ in range(5)]
        url = json.loads(lines[2].partition(": ")[2])
        assert lines == [
            "providers:\n",
            "  peer:\n",
            f'    url: "{url}"\n',
            '    client_id: "acme"\n',
            '    secret: "peer-client-secret"\n',
        ]
        where = urlsplit(url)
        assert (where.scheme, where.hostname, where.path) == ("http", "127.0.0.1", "/v1")
        seen = [_token(f"{where.netloc}") for _ in range(12)]
        assert set(seen) == {200, 429, None}
        served.send_signal(signal.SIGTERM)
        said = served.stderr.read()
        assert served.wait(LONGEST) == 0
    told = [f"POST /v1/token: {answer}" for answer in map(_TOLD.get, seen)]
    assert said.splitlines() == [
        f"The sandbox of peer is at http://{where.netloc}. In a stackfile:",
        "Ctrl-C ends it; nothing is kept.",
        *told,
    ]


_TOLD = {200: "200", 429: "429 (throttled)", None: "no answer (lost)"}


def _token(netloc: str) -> int | None:
    """The status of an answer; None where the connection broke."""
    with closing(http.client.HTTPConnection(netloc, timeout=LONGEST)) as connection:
        try:
            body = json.dumps({"client_id": "acme", "secret": "peer-client-secret"})
            connection.request("POST", "/v1/token", body)
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError):
            return None
        return answer.status


def said(env: dict[str, str], *more: str) -> str:
    """What one that does not start prints."""
    done = subprocess.run(
        [STACK, "sandbox", *more], capture_output=True, text=True, timeout=LONGEST, env=env, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_where_it_cannot_start_it_says_why(env: dict[str, str]) -> None:
    unknown = said(env, "peers")
    assert unknown.startswith("error[sandbox-unknown]: no provider called peers has a sandbox; there are: broken, peer")
    assert said(env, "broken").startswith(
        "error[provider-broken]: the sandbox of `broken` does not load from tests.peer.service:nothing: "
    )
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert said(env, "peer", "--port", str(port)) == (
            f"error[sandbox-port]: the sandbox cannot listen at 127.0.0.1, port {port}: Address already in use\n"
            "  Choose another, or 0 for any that is free: stack sandbox NAME --port 0\n"
        )
