"""stack init: a stackfile to start from, small enough to read and whole enough to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from stackfile.cli.command import stack_command
from stackfile.cli.options import Options
from stackfile.errors import DiagnosticError

_STACKFILE: Final = """\
# yaml-language-server: $schema=./stackfile.schema.json
version: 1
name: {name}

defaults: {{provider: local}}  # an engine on this machine; what it holds is under .stack/

sources:
  orders:
    connector: file
    path: orders.ndjson
    stream: streams.orders

destinations:
  file:
    connector: file
    path: large_orders.ndjson
    stream: streams.large_orders

pipelines:
  large_orders:
    source: streams.orders
    operations:
      - filter: value.amount >= 100
      - map: {{customer: upper(value.customer)}}
    destination: streams.large_orders

streams:
  orders: {{}}
  large_orders: {{}}
"""

_DATA: Final = """\
{"order": 1, "customer": "ana", "amount": 120}
{"order": 2, "customer": "ben", "amount": 45}
{"order": 3, "customer": "cleo", "amount": 310}
"""

_IGNORED: Final = ".stack/"


@stack_command
def init(options: Options) -> None:
    """Write a starter stackfile that works at once: orders from a file, the large ones into another.

    Files that are there already are left as they are.
    """
    if options.file.exists():
        options.say(f"{options.file} is there already; nothing to do. Next: stack validate")
        return
    folder = options.file.parent
    _write_new(options.file, _STACKFILE.format(name=stack_name(folder.resolve().name)))
    made = [str(options.file)]
    if _write_new(folder / "orders.ndjson", _DATA):
        made.append(str(folder / "orders.ndjson"))
    if _ignore(folder / ".gitignore"):
        made.append(f"{_IGNORED} in {folder / '.gitignore'}")
    options.say(f"Wrote {', '.join(made)}.\nNext: stack plan, stack apply, stack run --until-idle")


def stack_name(folder: str) -> str:
    """A name for the stack of a folder."""
    words = re.findall(r"[a-z0-9]+", folder.lower())
    name = "-".join(words)
    return name if name[:1].isalpha() else f"stack-{name}".rstrip("-")


def _write_new(file: Path, text: str) -> bool:
    """False when the file is there already, even if it came this moment."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        return False
    except FileNotFoundError:
        raise DiagnosticError.of("folder-missing", f"no folder {file.parent}", f"mkdir -p {file.parent}") from None
    return True


def _ignore(file: Path) -> bool:
    """Keeps the state and the engine's data out of git; False where they are ignored already."""
    known = file.read_text(encoding="utf-8") if file.exists() else ""
    if _IGNORED in known.split():
        return False
    gap = "" if known.endswith("\n") or not known else "\n"
    file.write_text(f"{known}{gap}{_IGNORED}\n", encoding="utf-8")
    return True
