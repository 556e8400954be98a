"""Where `stack.lock` is, and the providers by what it says."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError

if TYPE_CHECKING:
    from stackfile.language.lockfile import Lock
    from stackfile.registry import Registry

LOCK: Final = "stack.lock"
"""Beside the stackfile, for all its environments."""


def lock_path(options: Options) -> Path:
    return options.file.parent / LOCK


def read_lock_beside(options: Options) -> Lock | None:
    """None where there is none. Raises DiagnosticError for one that cannot be read."""
    from stackfile.language.lockfile import read_lock

    file = lock_path(options)
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        help = f"Let this user read it, or take it as it was committed: git checkout {file}"
        raise DiagnosticError.of("stack-lock-damaged", f"{file}: {error.strerror}", help) from None
    return read_lock(text, str(file))


def registry_of(options: Options) -> Registry:
    from stackfile.registry import Registry

    return Registry(functools.cache(lambda: read_lock_beside(options)))
