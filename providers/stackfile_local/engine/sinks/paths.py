"""The folder of a file that is to be written."""

from __future__ import annotations

from pathlib import Path

from stackfile.errors import ProviderError


def make_parent(path: Path) -> None:
    """Makes the folders on the way where they are missing. Raises ProviderError where one cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ProviderError(f"cannot write {path}: {path.parent} is not a folder") from None
    except OSError as error:
        raise ProviderError(f"cannot write {path}: {error.strerror or error}") from error
