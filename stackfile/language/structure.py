"""The outline of a stackfile: which sections it has and of what shape, before any name in it is given a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackfile.address import SECTIONS
from stackfile.language.documents import Documents
from stackfile.language.environments import NAME, Environment, read_environments
from stackfile.language.findings import Fault, did_you_mean, listing
from stackfile.language.moved import SECTIONS as HANDOVER
from stackfile.language.reader import Reader, not_yet
from stackfile.language.requires import check_requires
from stackfile.language.source import Raw
from stackfile.language.stackfile import KeySource
from stackfile.language.state_key import read_key_source
from stackfile.language.unset import check_elsewhere

VERSION = 1
_HEAD = ("version", "name", "requires", "include")
_SETTINGS = ("environments", "variables", "locals", "state", "defaults", "providers", "modules", "outputs")
_SECTIONS = (*_HEAD, *_SETTINGS, *SECTIONS, *HANDOVER)
_LATER = ("policies", "checks")
_NAMED = ("variables", "locals", "providers", "modules", "outputs", *SECTIONS)
"""Sections whose keys are names that templates and addresses use."""

_MAPS = ("environments", "state", "defaults", *_NAMED)

_STATE_LATER = ("url", "key", "path", "bucket", "prefix", "region", "encryption", "lock")
_DEFAULTS = ("provider", "name", "lifecycle", "timeouts", *SECTIONS)
_PROVIDER_LATER = ("alias",)


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts of a stackfile as written. Maps that the file leaves out are empty."""

    documents: Documents
    name: str
    environments: Mapping[str, Environment]
    variables: Mapping[str, Raw]
    locals: Mapping[str, Raw]
    providers: Mapping[str, Mapping[str, Raw]]
    defaults: Mapping[str, Raw]
    outputs: Mapping[str, Raw]
    sections: Mapping[str, Mapping[str, Raw]]
    modules: Mapping[str, Raw]
    secret_key: KeySource | None = None

    @property
    def services(self) -> Mapping[str, str]:
        """The declared provider instances and the service that each one is of."""
        return {name: str(entry.get("type", name)) for name, entry in self.providers.items()}


def read_outline(reader: Reader) -> Structure:
    """The structure, as far as it can be read; what cannot is recorded and left empty."""
    root = _root(reader)
    for document in reader.document.every:
        if isinstance(document.root, dict):
            _check_sections(document.root, Reader(Documents.of(document), reader.findings))
    if reader.document.has_unset:
        check_elsewhere(root, reader)
    if "version" not in root:
        reader.at_key(Fault("field-missing", "`version` is required", "", (f"write:  version: {VERSION}",)), ())
    maps = {section: reader.map(root.get(section), (section,)) for section in _MAPS}
    for section in _NAMED:
        reader.check_identifiers(maps[section], (section,))
    secret_key = _read_state(maps["state"], reader)
    reader.check_keys(maps["defaults"], ("defaults",), _DEFAULTS, ())
    return Structure(
        documents=reader.document,
        name=_name(root, reader),
        environments=read_environments(maps["environments"], reader),
        variables=maps["variables"],
        locals=maps["locals"],
        providers=_providers(maps["providers"], reader),
        defaults=maps["defaults"],
        outputs=maps["outputs"],
        sections={section: maps[section] for section in SECTIONS},
        modules=maps["modules"],
        secret_key=secret_key,
    )


def _root(reader: Reader) -> dict[str, Raw]:
    root = reader.document.root
    if isinstance(root, dict):
        return root
    help = ("a stackfile begins so:", "version: 1", "name: my_stack")
    if root is None:
        reader.at_value(Fault("stackfile-empty", "the stackfile is empty", "", help), ())
    else:
        reader.at_value(Fault("type-wrong", "a stackfile is a map of sections", "", help), ())
    reader.findings.raise_if_any()
    return {}


def _check_sections(root: Mapping[str, Raw], reader: Reader) -> None:
    for key in root:
        if key in _SECTIONS or key.startswith("x-"):
            continue
        if key in _LATER:
            reader.at_key(not_yet(key), (key,))
            continue
        label = did_you_mean(key, _SECTIONS)
        help = () if label else (f"sections: {listing(_SECTIONS, 20)}", "a section that begins with x- is ignored")
        reader.at_key(Fault("section-unknown", f"no section `{key}`", label, help), (key,))
    check_requires(reader)
    version = root.get("version", VERSION)
    if version != VERSION or version is True:
        fault = Fault("version-unknown", f"this program reads version {VERSION} of the stackfile", f"write {VERSION}")
        reader.at_value(fault, ("version",))


def _name(root: Mapping[str, Raw], reader: Reader) -> str:
    if "name" not in root:
        fault = Fault("field-missing", "`name` is required: the stack's name", "", ("write:  name: my_stack",))
        reader.at_key(fault, ())
        return ""
    name = reader.text(root["name"], ("name",))
    if name is not None and NAME.match(name) is None:
        reader.at_value(Fault("name-wrong", "a stack's name has letters, digits, _ and - only"), ("name",))
    return name or ""


def _read_state(state: Mapping[str, Raw], reader: Reader) -> KeySource | None:
    """Where the key of its secrets comes from."""
    reader.check_keys(state, ("state",), ("backend", "secret_key"), _STATE_LATER)
    backend = state.get("backend", "local")
    if backend in ("postgres", "s3", "http"):
        reader.at_value(not_yet(f"backend: {backend}"), ("state", "backend"))
    elif backend != "local":
        label = did_you_mean(str(backend), ("local",)) or "the backend is local"
        reader.at_value(Fault("backend-unknown", f"no state backend `{backend}`", label), ("state", "backend"))
    return read_key_source(state, reader)


def _providers(entries: Mapping[str, Raw], reader: Reader) -> dict[str, Mapping[str, Raw]]:
    out: dict[str, Mapping[str, Raw]] = {}
    for name, raw in entries.items():
        entry = out[name] = reader.map(raw, ("providers", name))
        for key in entry.keys() & _PROVIDER_LATER:
            reader.at_key(not_yet(f"providers.{name}.{key}"), ("providers", name, key))
        if "type" in entry:
            reader.text(entry["type"], ("providers", name, "type"))
    return out
