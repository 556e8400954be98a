"""stack engine: the local engine by itself, without a stackfile."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import click

from stackfile.cli.command import stack_command
from stackfile.cli.edge import tell
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.errors import Diagnostic, DiagnosticError, Severity

ENGINE: Final = "local"
"""The service whose engine this is."""

_LONGEST_TOKEN = 4096


@stack_command
@click.option("--data", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The engine's folder.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option("--port", default=7070, show_default=True, type=click.IntRange(0, 65535), help="0 is any that is free.")
@click.option("--token-file", metavar="FILE", type=click.Path(path_type=Path), help="Ask for the token in this file.")
@click.option("--max-rate", metavar="N", type=click.IntRange(1), help="Take at most N events a second.")
def serve(
    options: Options, data: Path, host: str, port: int, token_file: Path | None, max_rate: int | None
) -> Exit | None:
    """Serve an engine over HTTP, and run what is declared in it, until Ctrl-C or SIGTERM.

    The folder is made where it is missing; `data_dir` of a local provider may be the same. Without --token-file it
    answers programs on this machine only. What there is to ask for: http://127.0.0.1:7070/openapi.json
    """
    import json

    from stackfile.engine.clock import SystemClock
    from stackfile.registry import Registry
    from stackfile.sdk.operations import CanServe, ServeRequest

    def ready(url: str) -> None:
        if options.json:
            options.put(json.dumps({"type": "serving", "url": url, "folder": str(data)}, sort_keys=True))
        else:
            options.say(f"Serving the engine in {data} at {url}\nCtrl-C stops it.")

    token = None
    if token_file is not None:
        token = token_of(token_file)
        options.redactor.add([token])
        _warn_of_readers(options, token_file)
    provider = Registry().provider(ENGINE)
    if not issubclass(provider, CanServe):
        raise DiagnosticError.of("provider-broken", f"provider `{ENGINE}` has no engine to serve")
    base = Path.cwd()
    provider.serve(ServeRequest(base / data, base, host, port, token, SystemClock(), ready, max_rate))
    return None


def _warn_of_readers(options: Options, file: Path) -> None:
    mode = file.stat().st_mode & 0o777
    if mode & 0o077:
        says = f"others on this machine may read {file} (mode {mode:o})"
        help = f"Keep it to yourself: chmod 600 {shlex.quote(str(file))}"
        tell(options, [Diagnostic("token-file", says, Severity.WARNING, help=(help,))])


def token_of(file: Path) -> str:
    """The token, which is all that the file holds."""
    token = file.read_text("utf-8", errors="replace").strip()
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise DiagnosticError.of(
            "token-file",
            f"{file} holds no token: one line of ASCII letters, digits and signs is wanted",
            "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))' > FILE",
        )
    return token
