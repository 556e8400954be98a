"""stack version: what is installed, for people and for bug reports."""

from __future__ import annotations

from stackfile import __version__
from stackfile.cli.command import stack_command
from stackfile.cli.options import Options


@stack_command
def version(options: Options) -> None:
    """Print the version; with -v or --json also Python's, and the providers that are installed."""
    if not options.json and not options.verbose:
        options.put(f"stackfile {__version__}")
        return
    import platform

    providers = _providers()
    if options.json:
        import json

        facts = {"stackfile": __version__, "python": platform.python_version(), "providers": providers}
        options.put(json.dumps(facts, sort_keys=True))
        return
    options.put(f"stackfile {__version__}\npython {platform.python_version()} on {platform.system()}")
    for name, distribution in providers.items():
        options.put(f"provider {name}, from {distribution}")


def _providers() -> dict[str, str]:
    """The installed providers, none of them loaded, and the distribution that each is from."""
    from importlib.metadata import entry_points

    found = sorted(entry_points(group="stackfile.providers"), key=lambda entry: entry.name)
    return {entry.name: f"{entry.dist.name} {entry.dist.version}" if entry.dist else "?" for entry in found}
