"""Where the server cannot start it says why, and it ends in good order."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.shell import Folder, surroundings
from tests.served.serving import LONGEST, command, serving


def said(folder: Path, *more: str) -> str:
    """What a server that does not start prints for people."""
    asked = [part for part in command(folder, *more) if part != "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=LONGEST, env=surroundings(), check=False)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_an_address_for_others_wants_a_token(tmp_path: Path) -> None:
    assert said(tmp_path, "--host", "0.0.0.0").startswith("error[engine-address]: without a token the engine is served")
    assert not (tmp_path / "engine.db").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert said(tmp_path, "--port", str(port)) == (
            f"error[engine-port]: the engine cannot listen at 127.0.0.1, port {port}: Address already in use\n"
            "  Choose another, or 0 for any that is free: stack engine serve --port 0\n"
        )


@pytest.mark.parametrize("text", ["two words\n", "", " \n", "naïve", "x" * 5000])
def test_a_token_file_without_a_token_is_refused(shop: Folder, text: str) -> None:
    shop.write("token", text)
    told = shop("engine", "serve", "--data", "data", "--token-file", "token")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("error[token-file]: ")
    assert not text.strip() or text.strip() not in told.err
    assert not (shop.path / "data").exists()


def test_a_token_file_that_is_not_there_is_named(shop: Folder) -> None:
    told = shop("engine", "serve", "--data", "data", "--token-file", "none")
    assert (told.code, told.err.partition("\n")[0]) == (1, "error[system]: none: No such file or directory")


def test_of_a_token_that_others_may_read_it_is_warned(shop: Folder) -> None:
    shop.write("token", "s3cret").chmod(0o640)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        told = shop("engine", "serve", "--data", "data", "--port", port, "--token-file", "token")
    assert told.err.startswith(
        "warning[token-file]: others on this machine may read token (mode 640)\n"
        "  Keep it to yourself: chmod 600 token\n"
        "error[engine-port]: "
    )


def test_a_folder_that_another_process_serves_is_refused_with_its_name(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        told = said(tmp_path)
        assert re.search(rf"process {engine.process.pid} on \S+ \(stack engine serve\) serves this engine at", told)
        assert engine.ask("GET", "/health")[1]["status"] == "ok"
    with serving(tmp_path) as engine:
        assert engine.ask("GET", "/health")[1]["status"] == "ok"


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "engine.db")) as database:
        database.execute("PRAGMA user_version = 99")
    assert "has format 99, and this stackfile knows formats up to" in said(tmp_path)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    run = "import sys; sys.modules['uvicorn'] = None; from stackfile.cli.main import run; run()"
    asked = [sys.executable, "-c", run, *command(tmp_path)[1:]]
    done = subprocess.run(
        [part for part in asked if part != "--json"],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        env=surroundings(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "error[extra-missing]: serving an engine needs uvicorn, which is not installed\n"
        "  Install it: pip install 'stackfile[engine]'\n",
    )


def test_told_to_stop_it_answers_who_waits_and_ends_well(tmp_path: Path) -> None:
    with serving(tmp_path) as engine:
        engine.made("one")
        pages: list[object] = []
        poll = threading.Thread(target=lambda: pages.append(engine.consumed("one", timeout=60_000)["events"]))
        poll.start()
        engine.until(lambda: "readers" in str(engine.ask("GET", "/api/v1/consumers")))
        assert engine.stop() == 0
        poll.join(LONGEST)
        assert pages == [[]]
