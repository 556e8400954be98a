"""stack completion: the script that makes a shell complete commands and options."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options

_SHELLS: Final[dict[str, type[ShellComplete]]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@stack_command
@click.argument("shell", metavar="SHELL", type=click.Choice(list(_SHELLS)))
def completion(options: Options, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(stack completion bash)"              in ~/.bashrc
    zsh:   eval "$(stack completion zsh)"               in ~/.zshrc
    fish:  stack completion fish > ~/.config/fish/completions/stack.fish
    """
    root = click.get_current_context().find_root().command
    complete = _SHELLS[shell](root, {}, "stack", "_STACK_COMPLETE")
    # Not `source()`: it starts a bash to look at its version, and this may be made on another machine.
    options.put(complete.source_template % complete.source_vars())
