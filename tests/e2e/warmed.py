"""Commands given to a warm `stack`, which is started when it is first asked."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent


@functools.cache
def place() -> str:
    """Where the warm process of this one listens."""
    folder = Path(tempfile.mkdtemp(prefix="stack-"))
    name = str(folder / "warm")
    reading, writing = os.pipe()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, str(HERE / "warm.py"), name, str(reading)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[reading], env=env, stdin=subprocess.DEVNULL)
    os.close(reading)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    owner = os.getpid()

    def end() -> None:
        if os.getpid() == owner:
            os.close(writing)
            process.wait()
            shutil.rmtree(folder)

    atexit.register(end)
    return name


@functools.cache
def program() -> Path:
    """A folder with a `stack` in it that hands its command to the warm one."""
    folder = Path(place()).parent / "bin"
    folder.mkdir()
    file = folder / "stack"
    handing = shlex.join([sys.executable, "-IS", str(HERE / "handing.py"), place()])
    file.write_text(f'#!/bin/sh\nexec {handing} "$@"\n')
    file.chmod(0o755)
    return folder


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], longest: float) -> tuple[int, str, str] | None:
    """The exit code, stdout and stderr of a command; None where it does not end in that time, and was killed."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        open(os.devnull, "rb") as nothing,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection,
    ):
        connection.connect(place())
        body = json.dumps({"command": [*command], "folder": str(folder), "env": {**env}}).encode()
        socket.send_fds(connection, [body], [nothing.fileno(), out.fileno(), err.fileno()])
        connection.settimeout(longest)
        try:
            told = connection.recv(64)
        except TimeoutError:
            return None
        assert told, "the warm process is gone"
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
        return int(told), texts[0], texts[1]
