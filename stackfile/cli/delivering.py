"""Delivers a secret that is shown once: into a file that only its owner reads, or to a command's stdin."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from stackfile.cli.writing import write_whole
from stackfile.engine.delivery import Delivery

SECONDS: Final = 30.0
"""How long a command may take."""


async def deliver(delivery: Delivery, base: Path, hush: Callable[[Iterable[str]], None]) -> None:
    """One JSON object with the id and the secrets, by field. Raises OSError where it did not arrive."""
    hush([str(value) for name, value in delivery.shown.items() if name != "id"])
    text = (json.dumps(dict(delivery.shown), indent=2, sort_keys=True) + "\n").encode()
    if delivery.to.file is not None:
        _write(base / delivery.to.file, text)
    else:
        await _run(delivery.to.command or [], text, base)


def _write(file: Path, text: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(file, text, 0o600)
    except OSError as error:
        raise OSError(f"{file}: {error.strerror or error}") from None


async def _run(command: list[str], text: bytes, folder: Path) -> None:
    """The command's own words are not kept: they may hold the secret."""
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as error:
        raise OSError(f"{command[0]}: {error.strerror or error}") from None
    try:
        await asyncio.wait_for(process.communicate(text), SECONDS)
    except TimeoutError:
        raise OSError(f"{command[0]} took longer than {SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise OSError(f"{command[0]} ended with exit status {process.returncode}")
