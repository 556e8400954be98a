"""stack explain: what a diagnostic's code means, with an example and the way out."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError
from stackfile.spelling import closest


@stack_command
@click.argument("code", required=False)
def explain(options: Options, code: str | None) -> None:
    """Explain an error by its code, as error[CODE] shows it; without a code, list all of them."""
    pages = _pages()
    if code is None:
        _list(options, pages)
        return
    wanted = code.removeprefix("error[").removeprefix("warning[").removesuffix("]")
    if wanted not in pages:
        raise _unknown(wanted, pages)
    text = pages[wanted].read_text("utf-8")
    options.put(json.dumps({"code": wanted, "page": text}, sort_keys=True) if options.json else text.rstrip())


def _pages() -> dict[str, Path]:
    """The pages by code: beside the package where it is installed, in docs/ where it is developed."""
    package = Path(__file__).parents[1]
    shipped = package / "explained"
    folder = shipped if shipped.is_dir() else package.parent / "docs" / "errors"
    return {page.stem: page for page in sorted(folder.glob("*.md")) if page.stem != "README"}


def _list(options: Options, pages: dict[str, Path]) -> None:
    gists = {code: _gist(page) for code, page in pages.items()}
    if options.json:
        options.put(json.dumps(gists, sort_keys=True))
        return
    width = max(map(len, gists), default=0)
    for code, gist in gists.items():
        options.put(f"{code.ljust(width)}  {gist}")


def _gist(page: Path) -> str:
    """The first sentence below the title."""
    body = page.read_text("utf-8").partition("\n")[2].lstrip()
    paragraph = " ".join(body.partition("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".")


def _unknown(code: str, pages: dict[str, Path]) -> DiagnosticError:
    best = closest(code, pages)
    help = f"did you mean: stack explain {best}" if best is not None else "all codes: stack explain"
    return DiagnosticError.of("code-unknown", f"no error has the code `{code}`", help)
