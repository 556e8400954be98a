"""Writes a file as a whole: whoever reads it sees the old text or the new one, also when the power fails between."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, content: bytes, mode: int | None = None) -> None:
    """Through a file beside it; a link is followed. None: the mode of a file that is there stays. Raises OSError."""
    file = file.resolve()
    if file.is_dir():
        raise IsADirectoryError(21, "Is a directory", str(file))
    handle, beside = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        os.chmod(beside, mode if mode is not None else _mode(file))
        os.replace(beside, file)
    except BaseException:
        os.unlink(beside)
        raise


def _mode(file: Path) -> int:
    return file.stat().st_mode if file.exists() else 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
