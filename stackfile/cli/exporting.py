"""How an export is made: what is there is read, chosen and written, with the settings that reach it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

from stackfile.address import Address
from stackfile.cli import loop
from stackfile.cli.init import stack_name
from stackfile.cli.options import Options
from stackfile.cli.session import Desk, desk_of, open_desk, open_outline
from stackfile.engine.exporter import look_at_everything
from stackfile.errors import DiagnosticError
from stackfile.language.leaves import leaves_of
from stackfile.language.source import Template
from stackfile.plan.export import Exported, Exporter, Found, addresses
from stackfile.registry import Registry
from stackfile.report.export_terraform import BLOCKS, Block, blocks_text
from stackfile.report.export_yaml import IMPORTS, Heading, imports_text, stackfile_text
from stackfile.sdk.schema import schema_of
from stackfile.sdk.terraform import KnowsTerraform
from stackfile.spelling import guess
from stackfile.values import Tree, Value

_SECRET: Tree = {"type": "string", "sensitive": True}
_NAMED = 5
"""How many of the variables for secrets a sentence names; all of them stand in the file."""
_VARIABLE = re.compile(r"\bvar\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be exported, as typed."""

    provider: str | None
    select: Sequence[str]
    match: re.Pattern[str] | None
    managed: bool

    def takes(self, address: Address, found: Found) -> bool:
        if found.managed and not self.managed:
            return False
        if self.match is not None and self.match.search(found.name) is None:
            return False
        texts = (str(address), found.name, found.live.id)
        return not self.select or any(fnmatchcase(text, one) for one in self.select for text in texts)


def carry_out(options: Options, choice: Choice, folder: Path) -> None:
    """Raises DiagnosticError, before anything is read, where a file would be overwritten."""
    files = (folder / "stack.yaml", folder / IMPORTS)
    _refuse_to_overwrite(files, folder)
    desk = open_desk(options) if options.file.exists() else _new_desk(options, choice)
    providers = _providers(desk, choice)
    every = _every(desk, providers, choice)
    chosen = _chosen(every, choice)
    rest = {address: found for address, found in every.items() if address not in chosen}
    exporter = Exporter(chosen, desk.configuration.secrets, rest)
    exported = [exporter.write(address, found) for address, found in chosen.items()]
    heading = _heading(desk, providers, folder)
    _write(files, (stackfile_text(heading, [*exported, *exporter.lookups()]), imports_text(exported)))
    _tell(options, files, exported, heading)


def leave(options: Options, choice: Choice, folder: Path) -> None:
    """Import blocks for Terraform, so that whoever goes there takes all with him. Raises DiagnosticError, before
    anything is read, where a file would be overwritten."""
    files = (folder / BLOCKS,)
    _refuse_to_overwrite(files, folder)
    desk = open_desk(options) if options.file.exists() else _new_desk(options, choice)
    chosen = _chosen(_every(desk, _providers(desk, choice), choice), choice)
    blocks, left = [], []
    for address, found in chosen.items():
        type_ = _type_in_terraform(desk, found)
        if type_ is None:
            left.append(str(address))
        else:
            blocks.append(Block(type_, address.key, found.live.id))
    _write(files, (blocks_text(blocks),))
    if options.json:
        document = {"format_version": "1.0", "files": [str(files[0])], "imports": len(blocks), "left_out": left}
        options.put(json.dumps(document, sort_keys=True))
        return
    options.say(f"Wrote {'1 import' if len(blocks) == 1 else f'{len(blocks):,} imports'} to {files[0]}.")
    if left:
        options.say(f"Left out, as Terraform has no resource for them: {', '.join(left)}.")
    options.say("Next, beside it: terraform plan -generate-config-out=generated.tf")


def _type_in_terraform(desk: Desk, found: Found) -> str | None:
    provider = desk.stack.catalog.provider(desk.configuration.providers[found.provider].service)
    if not issubclass(provider, KnowsTerraform):
        return None
    return provider.terraform_type(found.kind.section, found.kind.name, found.live.fields)


def _every(desk: Desk, providers: Sequence[str], choice: Choice) -> dict[Address, Found]:
    """All that is there; what the stack manages, and was not asked for, is counted."""
    every = addresses(loop.run(look_at_everything(desk.stack, providers)))
    left_out = 0 if choice.managed else sum(found.managed for found in every.values())
    if left_out and not desk.options.json:
        what = "1 object that this stack manages" if left_out == 1 else f"{left_out:,} objects that this stack manages"
        desk.options.say(f"Left out: {what}. With them: --all")
    return every


def _chosen(every: Mapping[Address, Found], choice: Choice) -> dict[Address, Found]:
    return {address: found for address, found in every.items() if choice.takes(address, found)}


def _refuse_to_overwrite(files: Sequence[Path], folder: Path) -> None:
    for file in files:
        if file.exists():
            says = f"{file} is there already, and nothing is overwritten"
            help = f"Into a folder of its own: stack export --out-dir {folder / 'exported'}"
            raise DiagnosticError.of("export-exists", says, help)


def _new_desk(options: Options, choice: Choice) -> Desk:
    """Without a stackfile: a provider by its type, with the settings that it has when nothing is said."""
    services = Registry().services()
    if choice.provider is None or choice.provider not in services:
        says = f"there is no {options.file} here that says which providers there are"
        help = (
            "Write one that has providers:, or name a type that needs no settings, or has them in the environment:",
            f"stack export --provider {choice.provider if choice.provider in services else 'local'}",
        )
        raise DiagnosticError.of("stackfile-missing", says, *help)
    name = stack_name(options.file.parent.resolve().name)
    return desk_of(options, f"version: 1\nname: {name}\nproviders: {{{choice.provider}: {{}}}}\n".encode())


def _providers(desk: Desk, choice: Choice) -> list[str]:
    known = desk.configuration.providers
    if choice.provider is None:
        return sorted(known)
    if choice.provider not in known:
        help = guess(choice.provider, known, f"Providers of this stack: {', '.join(sorted(known))}")
        raise DiagnosticError.of("provider-unknown", f"no provider `{choice.provider}` in this stackfile", help)
    return [choice.provider]


def _heading(desk: Desk, providers: Sequence[str], folder: Path) -> Heading:
    """The providers as the stackfile writes them, and the variables that these use."""
    default = providers[0] if len(providers) == 1 else ""
    name = desk.configuration.stack if folder == desk.base else stack_name(folder.resolve().name)
    if not desk.options.file.exists():
        return Heading(name, {}, {}, default)
    outline = open_outline(desk.options)
    written = {one: cast("Tree", outline.providers.get(one, {})) for one in providers}
    settings = {one: dict(_settings(desk, one, tree)) for one, tree in written.items()}
    used = {name for leaf in leaves_of(settings) for name in _VARIABLE.findall(leaf[1])}
    variables: dict[str, Value] = {}
    for one in sorted(used):
        raw = outline.variables.get(one)
        declared: dict[str, Value] = dict(cast("Tree", raw)) if isinstance(raw, dict) else {**_SECRET}
        if declared.get("sensitive") is True:
            declared.pop("default", None)
        variables[one] = declared
    return Heading(name, {one: tree for one, tree in settings.items() if tree}, variables, default)


def _settings(desk: Desk, provider: str, raw: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """What the file says of a provider; a secret that is written out there becomes a variable."""
    use = desk.configuration.providers[provider]
    fields = schema_of(desk.stack.catalog.provider(use.service).settings).fields
    for name, value in raw.items():
        known = fields.get(name)
        secret = known is not None and known.secret
        if secret and not isinstance(value, Template):
            yield name, Template(f"{{{{ var.{provider}_{name} }}}}")
        else:
            yield name, value


def _write(files: Sequence[Path], texts: Sequence[str]) -> None:
    try:
        files[0].parent.mkdir(parents=True, exist_ok=True)
        for file, text in zip(files, texts, strict=True):
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(text)
    except FileExistsError as error:
        says = f"{error.filename} came while this was written, and nothing is overwritten"
        raise DiagnosticError.of(
            "export-exists", says, "Into a folder of its own: stack export --out-dir DIR"
        ) from None


def _tell(options: Options, files: Sequence[Path], exported: Sequence[Exported], heading: Heading) -> None:
    variables = [name for one in exported for name in one.variables]
    if options.json:
        document: Tree = {
            "format_version": "1.0",
            "files": [str(file) for file in files],
            "resources": [
                {"address": str(one.address), "id": one.id, "name": one.name, "unread": list(one.unread)}
                for one in exported
            ],
            "variables": [*heading.variables, *variables],
        }
        options.put(json.dumps(document, sort_keys=True))
        return
    number = "1 resource" if len(exported) == 1 else f"{len(exported):,} resources"
    options.say(f"Wrote {number} to {files[0]}, with imports in {files[1]}.")
    if variables:
        more = f" and {len(variables) - _NAMED:,} more" if len(variables) > _NAMED else ""
        named = f"{', '.join(variables[:_NAMED])}{more}"
        options.say(f"Secrets to give a value: {named} (STACK_VAR_{variables[0]}=..., or --var-file).")
    for says in _unread(exported):
        options.say(says)
    where = "" if files[0].parent == options.file.parent else f" -C {files[0].parent}"
    options.say(f"Next: stack{where} plan")


def _unread(exported: Sequence[Exported]) -> list[str]:
    """What is missing in the file, for the service has it and did not say it."""
    without = [one for one in exported if one.unread]
    if not without:
        return []
    fields = ", ".join(dict.fromkeys(name for one in without for name in one.unread))
    whose = str(without[0].address) if len(without) == 1 else f"{len(without):,} resources"
    return [
        f"Not returned by the service, so not written: {fields} of {whose}, marked in the file.",
        "Write there what they have before the first apply: that one takes your word for it, later it is a change.",
    ]
