"""Keeps secrets out of what a client says: those it was told of, and those that the run's own redactor knows."""

from __future__ import annotations

from collections.abc import Callable

from stackfile.redact import Redactor


class Mask:
    """Masks texts. Holds secrets: never printed itself."""

    def __init__(self, outer: Callable[[str], str] | None = None) -> None:
        self._outer = outer
        self._known: set[str] = set()
        self._redactor = Redactor()

    def hide(self, *secrets: str) -> None:
        """Masks these from now on."""
        fresh = {*secrets} - self._known
        if fresh:
            self._known |= fresh
            self._redactor.add(fresh)

    def __call__(self, text: str) -> str:
        masked = self._redactor.mask(text)
        return self._outer(masked) if self._outer is not None else masked
