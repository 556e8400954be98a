"""What a command of the stackfile prints: it gets no input, a bounded time, and ends with all that it started."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, cast

LARGEST: Final = 1_000_001
"""Bytes that are read; whoever prints more is ended there."""


def command_output(command: Sequence[str], folder: Path, seconds: float) -> bytes:
    """What it prints. Its words on stderr are dropped: they may hold the secret that it was asked for.

    Raises OSError where it cannot be started, TimeoutExpired, and CalledProcessError for another exit status than 0.
    """
    deadline = time.monotonic() + seconds
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output = _read(process, deadline)
        if len(output) == LARGEST:
            _end(process)
        elif process.wait(max(0.0, deadline - time.monotonic())):
            raise subprocess.CalledProcessError(process.returncode, command)
    except subprocess.TimeoutExpired:
        raise subprocess.TimeoutExpired(command, seconds) from None
    finally:
        _end(process)
    return output


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """Until it closes its output, or has printed too much. Raises TimeoutExpired."""
    found = bytearray()
    pipe = cast("IO[bytes]", process.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(found) < LARGEST:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise subprocess.TimeoutExpired(process.args, 0)
            part = os.read(pipe.fileno(), LARGEST - len(found))
            if not part:
                break
            found += part
    return bytes(found)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends one that nobody waited for, with its children, which share its session."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    cast("IO[bytes]", process.stdout).close()
