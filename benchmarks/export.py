"""How `stack export` scales: what a local engine holds as a stackfile with its imports, and planned from there.

python benchmarks/export.py                 2,000 objects, as markdown
python benchmarks/export.py --objects 10000
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from scale import Measured, measure, stackfile


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=2000)
    objects = parser.parse_args().objects
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stack.yaml").write_text(stackfile(objects), encoding="utf-8")
        _run(folder, "apply", "--yes")
        for file in (folder / ".stack/default").glob("*"):
            if file.name != "engine":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
        (folder / "stack.yaml").unlink()
        print(f"| {objects:,} local objects | wall s | CPU s | peak MB |\n|---|--:|--:|--:|")
        for says, command in (
            ("export", ("export", "--provider", "local")),
            ("plan with the imports", ("plan", "--json")),
            ("apply of the imports", ("apply", "--yes")),
            ("plan after it", ("plan", "--detailed-exitcode")),
        ):
            run = _run(folder, *command)
            print(f"| {says} | {run.wall:.2f} | {run.cpu:.2f} | {run.peak:.0f} |")


def _run(folder: Path, *command: str) -> Measured:
    return measure([sys.executable, "-m", "stackfile", *command], folder)


if __name__ == "__main__":
    main()
