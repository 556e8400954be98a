"""stack drift --adopt: writes what is live back into the stackfile, and shows what it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from stackfile.address import Address
from stackfile.cli.options import Options
from stackfile.cli.proposing import complete
from stackfile.cli.selecting import not_in_state
from stackfile.cli.session import Desk
from stackfile.cli.writing import write_whole
from stackfile.engine.drift import Looked
from stackfile.errors import Diagnostic, DiagnosticError
from stackfile.language.edit.edit import Gone, Uneditable, Wish, edited, read
from stackfile.language.edit.written import Unwritable, in_flow, key
from stackfile.language.stackfile import Resource
from stackfile.plan.adopt import Adopted, adopted
from stackfile.plan.drift import Drifted
from stackfile.values import Path as FieldPath
from stackfile.values import Tree, get, print_path

_ALL = "All that has: stack drift"


@dataclass
class _File:
    """One file of the stackfile, with what is to be written into it."""

    name: Path
    text: str
    wishes: list[tuple[FieldPath, Wish, Resource]] = field(default_factory=list)


def adopt(options: Options, desk: Desk, looked: Looked, addresses: Sequence[str]) -> None:
    """Writes the live values of all fields that drifted, or none. Raises DiagnosticError with all that stands in the
    way, and what to write by hand."""
    names = {record.id: address for address, record in looked.known.state.records.items()}
    files: dict[Path, _File] = {}
    problems: list[Diagnostic] = []
    for address in dict.fromkeys(addresses):
        drifted, resource = _subject(address, looked, desk)
        file = _file(resource, desk, files)
        entry = _entry(file.text, resource)
        for one in adopted(drifted, resource, entry, names):
            if one.why_not:
                problems.append(_refusal(one.why_not, one, resource, desk))
            else:
                file.wishes.append(((*resource.path, *one.path), one.wish, resource))
    changed = [(file, _changed(file, desk, problems)) for file in files.values()]
    if problems:
        raise DiagnosticError(problems)
    _write(options, changed, sorted(addresses))


def _subject(text: str, looked: Looked, desk: Desk) -> tuple[Drifted, Resource]:
    records = looked.known.state.records
    address = _parsed(text)
    if address is None or address not in records:
        raise not_in_state(text, records)
    drifted = next((one for one in looked.drift.drifted if one.address == address), None)
    resource = desk.configuration.resources.get(address)
    if drifted is None:
        raise DiagnosticError.of("adopt-nothing", f"{address} has not drifted: there is nothing to adopt", _ALL)
    if drifted.lost:
        help = f"Make it again: stack apply --target {address}; or take it out of the stackfile"
        raise DiagnosticError.of("adopt-nothing", f"{address} is gone: there is nothing live to adopt", help)
    if resource is None:
        help = "It goes with the next apply. To keep it declare it again, and then adopt what drifted."
        raise DiagnosticError.of("adopt-nothing", f"the stackfile does not declare {address} any more", help)
    return drifted, resource


def _parsed(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except ValueError:
        return None


def _file(resource: Resource, desk: Desk, files: dict[Path, _File]) -> _File:
    """The file that declares a resource."""
    place = desk.configuration.span(resource)
    name = Path(place[0].file) if place is not None else desk.options.file
    if name not in files:
        files[name] = _File(name, name.read_bytes().decode("utf-8"))
    return files[name]


def _entry(text: str, resource: Resource) -> Tree:
    entry = get(read(text.removeprefix("\ufeff")), resource.path)  # type: ignore[arg-type]
    return entry if isinstance(entry, Mapping) else {}


def _changed(file: _File, desk: Desk, problems: list[Diagnostic]) -> str:
    """The new text. Each wish is tried by itself, so that all that stands in the way is told at once."""
    mark = "\ufeff" if file.text.startswith("\ufeff") else ""
    text = file.text.removeprefix(mark)
    for path, wish, resource in file.wishes:
        try:
            text = edited(text, [(path, wish)])
        except Uneditable as error:
            problems.append(_refusal(str(error), Adopted(path[len(resource.path) :], wish), resource, desk))
    return mark + text


def _refusal(why: str, one: Adopted, resource: Resource, desk: Desk) -> Diagnostic:
    place = desk.configuration.span(resource, one.path)
    span, source = place if place is not None else (None, None)
    return Diagnostic(
        "adopt-by-hand",
        f"{resource.address}: {print_path(one.path)} cannot be written for you: {why}",
        span=span,
        source=source,
        address=str(resource.address),
        help=(_by_hand(one, resource), "Or put the live system back to what was applied: stack apply"),
    )


def _by_hand(one: Adopted, resource: Resource) -> str:
    if isinstance(one.wish, Gone):
        return f"It is not set live: take {print_path(one.path)} out of what makes {resource.address}"
    if one.wish is None and one.why_not:
        return "Set the new secret where the stackfile takes it from."
    try:
        return f"To keep what is live write:  {key(str(one.path[-1]))}: {in_flow(one.wish)}"
    except Unwritable:
        return f"To keep what is live set {print_path(one.path)} to it."


def _write(options: Options, changed: Sequence[tuple[_File, str]], addresses: Sequence[str]) -> None:
    diff = "".join(line for file, text in changed for line in _diff(file, text))
    for file, text in changed:
        if text != file.text:
            write_whole(file.name, text.encode())
    names = sorted(str(file.name) for file, text in changed if text != file.text)
    if options.json:
        options.put(json.dumps({"adopted": list(addresses), "files": names, "diff": diff}, sort_keys=True))
        return
    if diff:
        options.put(diff)
    written = f"Wrote {', '.join(names)}." if names else "The stackfile says so already."
    options.say(complete(options, f"{written} Next: stack plan shows no change of it; stack apply records it."))


def _diff(file: _File, text: str) -> Iterator[str]:
    old, new = (one.splitlines(keepends=True) for one in (file.text, text))
    for line in unified_diff(old, new, str(file.name), str(file.name), n=2):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
