"""Functions that `map: NAME` calls: those that installed packages offer as entry points `stackfile.functions`.

A function is given the value of an event, which it must not change, and gives a value; None lets the event go. It must
give the same for the same value, for after a kill it is called again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from stackfile.errors import ProviderError

Functions: TypeAlias = Mapping[str, Callable[[Any], Any]]

GROUP = "stackfile.functions"


def registered() -> Functions:
    """By name. Raises ProviderError for one that cannot be loaded."""
    from importlib.metadata import entry_points  # it is slow to import, and hardly anybody calls functions

    found: dict[str, Callable[[Any], Any]] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = point.load()
        except Exception as error:
            raise ProviderError(f"the function {point.name} cannot be loaded from {point.value}: {error}") from error
    return found
