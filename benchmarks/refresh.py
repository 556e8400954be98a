"""Plans and applies against a service over HTTP, counted: Streamkap's simulator, served with 50 ms before each answer.

    python benchmarks/refresh.py               2,000 objects planned, 500 made; as markdown
    python benchmarks/refresh.py --quick       200 and 50

`stack` and the service are processes of their own. The ideal of an apply is its calls by the latency, ten at once.
One plan goes by a door that lets ten requests a second through and answers the others with 429.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from scale import machine, measure

STACK = [sys.executable, "-m", "stackfile"]
LATENCY = 0.05
AT_ONCE = 10
STARTS = 1.0
"""Seconds until a connector of the simulator runs."""
PER_SECOND = 10

SOURCE = {
    "database.hostname.user.defined": "db.example.com",
    "database.user": "cdc",
    "database.password": "not-a-secret",
    "database.dbname": "shop",
    "schema.include.list": ["public"],
}
LAKE = {
    "snowflake.url.name": "acme.snowflakecomputing.com",
    "snowflake.user.name": "STREAMKAP",
    "snowflake.private.key": "not-a-secret",
    "snowflake.database.name": "SHOP",
    "snowflake.schema.name": "PUBLIC",
}


def stackfile(settings: Mapping[str, Any], sources: int, pipelines: int) -> str:
    """As JSON, which is YAML too."""
    tables = "table.include.list.user.defined"
    document: dict[str, Any] = {
        "version": 1,
        "name": "refresh",
        "providers": {"streamkap": settings},
        "defaults": {"provider": "streamkap"},
        "sources": {
            f"s{n}": {"connector": "postgresql", "config": {**SOURCE, tables: [f"public.t{n}"]}} for n in range(sources)
        },
    }
    if pipelines:
        document["destinations"] = {"lake": {"connector": "snowflake", "config": LAKE}}
        document["pipelines"] = {
            f"p{n}": {"source": f"sources.s{n}", "destination": "destinations.lake", "topics": [f"public.t{n}"]}
            for n in range(pipelines)
        }
    return json.dumps(document, indent=1)


@dataclass(frozen=True)
class Service:
    """A served simulator. `told` is the file in which it says each request that it answers."""

    settings: Mapping[str, Any]
    told: Path

    def calls(self) -> list[str]:
        return [line for line in self.told.read_text().splitlines() if line.partition(" ")[0].isupper()]


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Service]:
    told = folder / "calls.txt"
    command = [*STACK, "sandbox", "streamkap", "--port", "0", "--json", "-v", *options]
    with told.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            yield Service(json.loads(process.stdout.readline())["settings"], told)
        finally:
            process.terminate()
            process.wait()


class Door(http.server.ThreadingHTTPServer):
    """Before a service: so many requests in a second go on to it, the others are turned away."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Through)
        self.behind = behind
        self.let: list[float] = []
        self.refused = 0
        self._lock = threading.Lock()

    def lets(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if sum(one > now - 1 for one in self.let) >= PER_SECOND:
                self.refused += 1
                return False
            self.let.append(now)
            return True


class _Through(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self._answer(sent) if self.server.lets() else (429, b'{"detail": "too many requests"}')
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def _answer(self, sent: bytes) -> tuple[int, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() in ("authorization", "accept")}
        headers["Content-Type"] = "application/json"
        asked = urllib.request.Request(self.server.behind + self.path, sent or None, headers, method=self.command)
        try:
            with urllib.request.urlopen(asked) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def behind_a_door(service: Service) -> Iterator[tuple[Mapping[str, Any], Door]]:
    """The settings of the service as it is reached by the door."""
    with Door(str(service.settings["host"])) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        yield {**service.settings, "host": f"http://127.0.0.1:{door.server_port}"}, door
        door.shutdown()


@dataclass(frozen=True)
class Row:
    title: str
    calls: int
    wall: float
    ideal: float | None = None

    def __str__(self) -> str:
        ideal = "" if self.ideal is None else f"{self.ideal:.2f}"
        ratio = "" if self.ideal is None else f"{self.wall / self.ideal:.2f}"
        return f"| {self.title} | {self.calls:,} | {self.wall:.2f} | {ideal} | {ratio} |"


def counted(title: str, service: Service, folder: Path, *arguments: str) -> Row:
    before = len(service.calls())
    wall = measure([*STACK, *arguments], folder).wall
    time.sleep(0.2)  # what it says of the last request may still be on its way
    return Row(title, len(service.calls()) - before, wall)


def applied(sources: int, *how: str) -> Iterator[Row]:
    """An apply, and the same less a plan of it: what it takes to make the sources, once it is known which."""
    with tempfile.TemporaryDirectory() as name, served(Path(name), "--latency", str(LATENCY * 1000)) as service:
        folder = Path(name)
        (folder / "stack.yaml").write_text(stackfile(service.settings, sources, 0))
        before = min((counted("", service, folder, "plan") for _ in range(3)), key=lambda row: row.wall)
        row = counted(f"apply of {sources:,} sources {' '.join(how)}", service, folder, "apply", "--yes", *how)
        starts = 0.0 if "--no-wait" in how else STARTS
        yield Row(row.title, row.calls, row.wall, row.calls * LATENCY / AT_ONCE + starts)
        calls = row.calls - before.calls
        yield Row("the same, less a plan of it", calls, row.wall - before.wall, calls * LATENCY / AT_ONCE + starts)


def planned(each: int) -> Iterator[Row]:
    """The fastest of three plans of what is there already, and one of which the service lets little through."""
    with tempfile.TemporaryDirectory() as name, served(Path(name), "--latency", str(LATENCY * 1000)) as service:
        folder = Path(name)
        (folder / "stack.yaml").write_text(stackfile(service.settings, each, each))
        measure([*STACK, "apply", "--yes", "--no-wait"], folder)
        time.sleep(10)  # until all connectors run
        title = f"plan of {each:,} sources and {each:,} pipelines"
        yield min((counted(title, service, folder, "plan") for _ in range(3)), key=lambda row: row.wall)
        with behind_a_door(service) as (settings, door):
            (folder / "stack.yaml").write_text(stackfile(settings, each, each))
            row = counted(f"the same, {PER_SECOND} requests a second let through", service, folder, "plan")
            yield Row(f"{row.title}, {door.refused} refused", row.calls, row.wall)


def report(each: int, made: int) -> None:
    print(
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}, load average {os.getloadavg()[0]:.1f} at the start.\n"
    )
    print("| command | calls | wall s | ideal s | ratio |\n|---|--:|--:|--:|--:|", flush=True)
    for row in planned(each):
        print(row, flush=True)
    for row in (*applied(made, "--no-wait"), *applied(made)):
        print(row, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="200 objects planned, 50 made")
    report(*((100, 50) if parser.parse_args(arguments).quick else (1000, 500)))


if __name__ == "__main__":
    main()
