"""stack console: what an expression comes to in the stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from stackfile.cli import loop
from stackfile.cli.command import stack_command
from stackfile.cli.edge import tell
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError

if TYPE_CHECKING:
    from stackfile.cli.session import Desk
    from stackfile.plan.recorded import Recorded

PROMPT: Final = "> "
_LEAVE: Final = frozenset({"exit", "quit"})


@stack_command
@click.argument("expression", required=False)
def console(options: Options, expression: str | None) -> Exit | None:
    """Evaluate expressions against the stack, such as: stack console 'streams.orders.id'

    Without an expression it asks for them on a terminal, and elsewhere reads them from stdin, one a line. It changes
    nothing, and asks no service: resources are as the state has them, and as the file has them until they are made.
    """
    from stackfile.cli.session import open_desk
    from stackfile.plan.recorded import Recorded

    desk = open_desk(options)
    state = loop.run(desk.stack.store.read()).state or desk.stack.empty_state()
    recorded = Recorded.of(desk.configuration, state, desk.stack.catalog)
    if expression is not None:
        _answer(desk, recorded, expression)
        return None
    is_talk = options.ask and sys.stdin.isatty() and sys.stdout.isatty()
    failed = False
    for line in _typed() if is_talk else sys.stdin:
        if is_talk and line.strip() in _LEAVE:
            break
        if line.strip() and not line.lstrip().startswith("#"):
            failed |= not _answered(desk, recorded, line.strip())
    return Exit.FAILED if failed and not is_talk else None


def _typed() -> Iterator[str]:
    """Lines of a person, who may go back to earlier ones; nothing is kept of them."""
    import readline  # noqa: F401 - from here on `input` has a history

    while True:
        try:
            yield input(PROMPT)
        except KeyboardInterrupt:
            print()
        except EOFError:
            print()
            return


def _answered(desk: Desk, recorded: Recorded, expression: str) -> bool:
    """Whether it could be answered; why not is told."""
    try:
        _answer(desk, recorded, expression)
    except DiagnosticError as error:
        tell(desk.options, error.diagnostics)
        return False
    return True


def _answer(desk: Desk, recorded: Recorded, expression: str) -> None:
    """Raises DiagnosticError."""
    from stackfile.report.console import answer_json, answer_text

    value = desk.configuration.evaluate(expression, recorded.attributes)
    desk.hush()
    if desk.options.json:
        import json

        desk.options.put(json.dumps(answer_json(expression, value), sort_keys=True))
    else:
        desk.options.put(answer_text(value))
