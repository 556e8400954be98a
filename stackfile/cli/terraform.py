"""How the objects of a Terraform state become ours: those that are declared are imported, the others shown as YAML."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.edge import tell
from stackfile.cli.exit_codes import Exit
from stackfile.cli.importing import default_provider, unverified
from stackfile.cli.options import Options
from stackfile.cli.origin import holder
from stackfile.cli.session import Desk, open_desk
from stackfile.engine.exporter import look_at_each, look_at_everything
from stackfile.engine.importer import import_all
from stackfile.errors import Diagnostic, DiagnosticError, Severity
from stackfile.language.moved import Import
from stackfile.language.stackfile import Resource
from stackfile.language.tfstate import TerraformObject, read_tfstate
from stackfile.plan.export import Exported, Exporter, Found, identifier
from stackfile.report.export_yaml import imports_text, resources_text
from stackfile.sdk.terraform import Counterpart, KnowsTerraform
from stackfile.spelling import guess
from stackfile.state.format import Record

_NAMED = 3
"""How many of what is left alone a sentence names."""


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """An object of the Terraform state that a provider of the stackfile knows."""

    theirs: TerraformObject
    provider: str
    ours: Counterpart

    @property
    def address(self) -> Address:
        """What it is called in Terraform, as an address."""
        return Address(self.ours.section, identifier(self.theirs.name), self.theirs.key)

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.provider, self.ours.section, self.ours.kind)


def adopt_all(options: Options, file: Path, provider: str | None, timeout: float) -> Exit:
    desk = open_desk(options)
    desk.hush()
    objects = _read(file)
    matches, left = _matched(desk, objects, provider)
    declared = {one: at for one in matches if (at := _declared(desk, one)) is not None}
    wanted = [Import(to, one.ours.id) for one, to in declared.items()]
    _refuse_twice(declared)
    imported = loop.run(import_all(desk.stack, wanted, holder("stack import", desk.run), timeout)) if wanted else {}
    exported, gone = _exported(desk, [one for one in matches if one not in declared])
    _tell(desk, imported, len(wanted) - len(imported), _Others(left, gone))
    return _tell_undeclared(desk, exported, file) if exported else Exit.DONE


def _read(file: Path) -> list[TerraformObject]:
    try:
        return read_tfstate(file.read_bytes(), str(file))
    except OSError as error:
        says = f"{file}: {error.strerror}"
        help = "Write one beside your Terraform files: terraform state pull > terraform.tfstate"
        raise DiagnosticError.of("tfstate-unreadable", says, help) from None


def _matched(
    desk: Desk, objects: Iterable[TerraformObject], only: str | None
) -> tuple[list[_Match], list[TerraformObject]]:
    """What the stackfile's providers know, and what they do not. Raises DiagnosticError where two might."""
    uses, catalog = desk.configuration.providers, desk.stack.catalog
    if only is not None and only not in uses:
        help = guess(only, uses, f"Providers of this stack: {', '.join(sorted(uses))}")
        raise DiagnosticError.of("provider-unknown", f"no provider `{only}` in this stackfile", help)
    types = {name: catalog.provider(use.service) for name, use in sorted(uses.items()) if only in (None, name)}
    readers = {name: type for name, type in types.items() if issubclass(type, KnowsTerraform)}
    found, left = [], []
    for one in objects:
        known = {name: it for name, type in readers.items() if (it := type.from_terraform(one.type, one.attributes))}
        if len(known) > 1:
            says = f"{one} may be of {' or '.join(known)}"
            raise DiagnosticError.of("provider-ambiguous", says, f"Say which: --provider {next(iter(known))}")
        if known:
            found += [_Match(one, name, ours) for name, ours in known.items()]
        else:
            left.append(one)
    return found, left


def _declared(desk: Desk, match: _Match) -> Address | None:
    """The address that the stackfile has for it: the one of its name in Terraform, or of its remote name."""
    resources = desk.configuration.resources
    at = resources.get(match.address)
    if at is not None and _key(at) == match.key:
        return match.address
    named = [a for a, one in resources.items() if _key(one) == match.key and one.body.get("name") == match.ours.name]
    return named[0] if len(named) == 1 and match.ours.name else None


def _key(resource: Resource) -> tuple[str, str, str]:
    return (resource.provider, resource.kind.section, resource.kind.name)


def _refuse_twice(declared: Mapping[_Match, Address]) -> None:
    takers: dict[Address, _Match] = {}
    for one, to in declared.items():
        other = takers.setdefault(to, one)
        if other is not one:
            help = f"Import them one by one: stack import {shlex.quote(str(to))} {shlex.quote(one.ours.id)}"
            raise DiagnosticError.of("import-twice", f"{other.theirs} and {one.theirs} are both {to} here", help)


def _exported(desk: Desk, matches: Sequence[_Match]) -> tuple[list[Exported], list[TerraformObject]]:
    """The declarations of what is not declared, under the keys that it has in Terraform; and what is not there any
    more."""
    if not matches:
        return [], []
    there = loop.run(look_at_everything(desk.stack, sorted({one.provider for one in matches})))
    there += loop.run(look_at_each(desk.stack, [(*one.key, one.ours.id) for one in matches]))
    known = {(one.provider, one.kind.section, one.kind.name, one.live.id): one for one in there}
    stored = loop.run(desk.stack.store.read()).state
    records = stored.records.values() if stored is not None else ()
    managed = {r.address: known[at] for r in records if (at := (r.provider, r.section, r.kind, r.id)) in known}
    fresh: dict[Address, Found] = {}
    gone = [one.theirs for one in matches if (*one.key, one.ours.id) not in known]
    for one in matches:
        found = known.get((*one.key, one.ours.id))
        if found is not None:
            key = one.address.key if one.theirs.key is None else identifier(f"{one.theirs.name}_{one.theirs.key}")
            fresh[Address(one.ours.section, _free(key, one.ours.section, {*fresh, *desk.configuration.resources}))] = (
                found
            )
    exporter = Exporter({**managed, **fresh}, desk.configuration.secrets)
    written = sorted(fresh.items(), key=lambda item: item[0].rank)
    return [exporter.write(address, found) for address, found in written], gone


def _free(key: str, section: str, taken: Iterable[Address]) -> str:
    keys = {address.key for address in taken if address.section == section}
    number, free = 1, key
    while free in keys:
        number += 1
        free = f"{key}_{number}"
    return free


@dataclass(frozen=True, slots=True)
class _Others:
    """What is not imported: `left` is of no provider of the stackfile, `gone` is not there any more."""

    left: Sequence[TerraformObject]
    gone: Sequence[TerraformObject]


def _tell(desk: Desk, imported: Mapping[Address, Record], already: int, others: _Others) -> None:
    options = desk.options
    addresses = sorted(imported, key=lambda address: address.rank)
    if options.json:
        not_ours = {"left_alone": list(map(str, others.left)), "gone": list(map(str, others.gone))}
        document = {"format_version": "1.0", "imported": list(map(str, addresses)), **not_ours}
        options.put(json.dumps(document, sort_keys=True))
        return
    number = "1 object" if len(addresses) == 1 else f"{len(addresses):,} objects"
    also = f"; {already:,} were here already" if already else ""
    options.say(f"Imported {number}{also}. Nothing of them was changed.")
    for address in addresses:
        options.say(f"  {address}")
        for says in unverified(imported[address], desk.configuration.resources[address].schema):
            options.say(f"    {says}")
    if others.left:
        options.say(f"Left alone, as no provider of this stackfile knows it: {_named(others.left)}.")
    if others.gone:
        options.say(f"Not there any more, so left out: {_named(others.gone)}.")
    if addresses:
        options.say(
            "What is left to do: stack plan. Once that is empty, let go of them in Terraform: terraform state rm"
        )


def _named(objects: Sequence[TerraformObject]) -> str:
    more = f" and {len(objects) - _NAMED:,} more" if len(objects) > _NAMED else ""
    return ", ".join(map(str, objects[:_NAMED])) + more


def _tell_undeclared(desk: Desk, exported: Sequence[Exported], file: Path) -> Exit:
    variables = [name for one in exported for name in one.variables]
    secrets = {name: {"type": "string", "sensitive": True} for name in variables}
    text = f"{resources_text(exported, default_provider(desk))}\n{imports_text(exported)}"
    if desk.options.json:
        desk.options.put(json.dumps({"format_version": "1.0", "yaml": text, "variables": secrets}, sort_keys=True))
    else:
        desk.options.put(text)
    number = "1 object is" if len(exported) == 1 else f"{len(exported):,} objects are"
    says = f"{number} not declared in {desk.options.file}"
    help = ["Paste the YAML that was printed into it; its imports take them over at the next apply."]
    help += [f"Declare as sensitive variables: {', '.join(variables)}"] if variables else []
    again = f"Or declare them under names of your own, and again: stack import --from-tfstate {shlex.quote(str(file))}"
    tell(desk.options, [Diagnostic("import-undeclared", says, help=(*help, again), severity=Severity.ERROR)])
    return Exit.FAILED
