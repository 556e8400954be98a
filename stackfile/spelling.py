"""What a misspelt name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


def closest(name: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """The known name that was probably meant: one that differs by a slip; or goes on where it ends, or ends where it
    goes on; else the most alike, from `alike` on (0 to 1)."""
    return _closest(name, tuple(known), alike)


def guess(name: str, known: Iterable[str], otherwise: str) -> str:
    """The way out of a misspelt name: the name that was meant, or what is said where nothing is close."""
    best = closest(name, known)
    return f"did you mean {best}?" if best is not None else otherwise


@lru_cache(maxsize=256)
def _closest(name: str, known: tuple[str, ...], alike: float) -> str | None:
    from difflib import get_close_matches

    if slip := get_close_matches(name, known, 1, max(alike, 0.85)):
        return slip[0]
    if longer := [one for one in known if _goes_on(name, one) or _goes_on(one, name)]:
        return min(longer, key=len)
    return next(iter(get_close_matches(name, known, 1, alike)), None)


def _goes_on(start: str, whole: str) -> bool:
    return whole.startswith(start) and whole[len(start) : len(start) + 1] in (".", "_", "-")
