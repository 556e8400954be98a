"""What modules cost: 30 instances of a module of 40 resources beside the same 1,200 resources written out.

    python benchmarks/modules.py

Each command runs as a process of its own; the best CPU time of several runs counts. The last column is the ratio.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scale import measure

INSTANCES = 30
GROUPS = 8
"""Groups of five resources in one module: two streams, a source, a destination, and the pipeline that joins them."""

RUNS = 5
HEAD = "version: 1\nname: modules\ndefaults: {provider: local}\n"


def sections(prefixes: list[str], region: str) -> str:
    """The resources of some groups; `region` is what stands in each of them, a text or a template."""
    names = [f"{prefix}{group}" for prefix in prefixes for group in range(GROUPS)]
    regions = [region or prefix.rstrip("_") for prefix in prefixes for _ in range(GROUPS)]
    lines = ["streams:"]
    for name in names:
        lines += [f"  raw_{name}: {{partitions: 4, retention: 7d}}", f"  clean_{name}: {{partitions: 4}}"]
    lines.append("sources:")
    for name, where in zip(names, regions, strict=True):
        lines += [f"  file_{name}:", "    connector: file", f"    stream: streams.raw_{name}"]
        lines += [f'    path: "in/{where}/{name}.ndjson"', "    format: ndjson"]
    lines.append("destinations:")
    for name, where in zip(names, regions, strict=True):
        lines += [f"  out_{name}:", "    connector: file", f"    stream: streams.clean_{name}"]
        lines += [f'    path: "out/{where}/{name}.ndjson"', "    format: ndjson"]
    lines.append("pipelines:")
    for name in names:
        lines += [f"  tidy_{name}:", f"    source: streams.raw_{name}", f"    destination: streams.clean_{name}"]
        lines += ["    operations:", "      - filter: value.amount > 10", "      - map: {page: lower(value.page)}"]
    return "\n".join(lines) + "\n"


def write_flat(folder: Path, region: str) -> None:
    """`region`: the template that stands in each resource; empty for plain text."""
    local = 'locals: {region: "eu"}\n' if region else ""
    (folder / "stack.yaml").write_text(HEAD + local + sections([f"r{n}_" for n in range(INSTANCES)], region))


def write_modules(folder: Path) -> None:
    keys = ", ".join(f"r{n}" for n in range(INSTANCES))
    call = f'modules:\n  m: {{source: m.yaml, for_each: [{keys}], variables: {{region: "{{{{ each.key }}}}"}}}}\n'
    (folder / "stack.yaml").write_text(HEAD + call)
    (folder / "m.yaml").write_text("variables: {region: {type: string}}\n" + sections([""], "{{ var.region }}"))


def best(command: str, folder: Path) -> float:
    return min(measure([sys.executable, "-m", "stackfile", command], folder).cpu for _ in range(RUNS))


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("| command | flat, CPU s | flat with templates | modules | ratio to flat with templates | to flat |")
    print("|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        folders = {kind: Path(name) / kind for kind in ("flat", "templates", "modules")}
        for folder in folders.values():
            folder.mkdir()
        write_flat(folders["flat"], "")
        write_flat(folders["templates"], "{{ local.region }}")
        write_modules(folders["modules"])
        for command in ("validate", "plan"):
            flat, templates, modules = (best(command, folder) for folder in folders.values())
            ratios = f"{modules / templates:.2f} | {modules / flat:.2f}"
            print(f"| `stack {command}` | {flat:.2f} | {templates:.2f} | {modules:.2f} | {ratios} |")


if __name__ == "__main__":
    main()
