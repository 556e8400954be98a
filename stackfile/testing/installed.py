"""The simulators that are installed, by the name of their provider."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias, cast

from stackfile.errors import DiagnosticError

if TYPE_CHECKING:
    from stackfile.testing.simulator import Conditions, Simulator

GROUP = "stackfile.simulators"

BUNDLED: Mapping[str, str] = {
    "planasonix": "stackfile_planasonix.simulator:simulator",
    "redpanda_connect": "stackfile_redpanda_connect.simulator:simulator",
    "streamkap": "stackfile_streamkap.simulator:simulator",
}
"""Simulators of this distribution, by what their entry points say: they are there before it is installed anew."""

Make: TypeAlias = "Callable[[Conditions], Simulator]"


def expect_extra() -> None:
    """Raises DiagnosticError where what simulators are made of is not installed."""
    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            says = f"a sandbox needs {package}, which is not installed"
            raise DiagnosticError.of("extra-missing", says, "Install it: pip install 'stackfile[testing]'")


def simulator_named(name: str) -> Make:
    """Raises DiagnosticError for one that is not there or does not load."""
    found = dict(sorted({**{point.name: point.value for point in entry_points(group=GROUP)}, **BUNDLED}.items()))
    if name not in found:
        there = f"there {'is' if len(found) == 1 else 'are'}: {', '.join(found)}" if found else "none is installed"
        raise DiagnosticError.of(
            "sandbox-unknown",
            f"no provider called {name} has a sandbox; {there}",
            "Install the provider's package into this environment, or write the name as it is listed",
        )
    module, _, attribute = found[name].partition(":")
    try:
        return cast("Make", getattr(importlib.import_module(module), attribute))
    except (ImportError, AttributeError) as error:
        says = f"the sandbox of `{name}` does not load from {found[name]}: {error}"
        raise DiagnosticError.of("provider-broken", says) from error
