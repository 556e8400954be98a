"""The entry point of `stack`. Asked for its version alone it answers before anything heavy is imported."""

from __future__ import annotations

import sys

from stackfile import __version__


def run() -> None:
    """The console script: answers sys.argv and ends the process with the exit code."""
    if sys.argv[1:] in (["--version"], ["version"]):
        print(f"stackfile {__version__}")
        return
    import gc

    # Nearly all that a command makes lives to its end; at the usual pace the collector would go through it again and
    # again. Garbage in cycles, which a long run may make, is still found.
    gc.set_threshold(50_000, 20, 100)
    try:
        from stackfile.cli.group import answer

        code: int = answer(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
