"""Questions to whoever sits at the terminal."""

from __future__ import annotations

import signal
import sys

from stackfile.cli.options import Options
from stackfile.errors import Diagnostic, Refused


def answer(prompt: str) -> str:
    """One line, typed. Ctrl-C while it is waited for raises KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        print(prompt, end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip()
    finally:
        signal.signal(signal.SIGINT, before)


def is_confirmed(options: Options, what: str, command: str) -> bool:
    """Whether somebody says yes to `what`. Raises Refused, naming `command`, where nobody is there to ask."""
    if not options.can_ask:
        help = (f"If that is what you want: {command} --yes",)
        raise Refused([Diagnostic("needs-yes", "nobody is there to say yes", help=help)])
    return answer(f"{what}? Only `yes` is a yes: ") == "yes"
