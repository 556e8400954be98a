"""stack fmt: stackfiles in their one layout."""

from __future__ import annotations

from pathlib import Path

import click

from stackfile.cli.command import stack_command
from stackfile.cli.exit_codes import Exit
from stackfile.cli.options import Options


@stack_command
@click.argument("paths", metavar="[FILE|FOLDER|-]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit 2 when a file would change.")
@click.option("--diff", is_flag=True, help="Show what changes.")
def fmt(options: Options, paths: tuple[Path, ...], check: bool, diff: bool) -> Exit:
    """Put stackfiles into their one layout: known keys in order, two columns for each level, comments with their keys.

    Without a path: the stackfile and what it includes. Of a folder: every stack.yaml in it, with what it includes. `-`
    reads from stdin and writes to stdout.
    """
    import json

    from stackfile.cli import formatting
    from stackfile.errors import DiagnosticError

    if paths == (Path("-"),):
        return formatting.through(check=check)
    done = [formatting.format_file(file) for file in formatting.files_of(paths or (options.file,))]
    changed = [one for one in done if one.new is not None]
    if not check:
        for one in changed:
            one.write()
    if options.json:
        files = [{"file": str(one.file), "changed": one.new is not None} for one in done]
        options.put(json.dumps({"files": files, "written": bool(changed) and not check}, sort_keys=True))
    else:
        for one in changed:
            options.put(one.diff() if diff else str(one.file))
    problems = [problem for one in done for problem in one.problems]
    if problems:
        raise DiagnosticError(problems)
    return Exit.DIFFERENCES if check and changed else Exit.DONE
