"""What a stream keeps of us, under the `meta` that each of its components may have: whose it is, and its templates.

The engine shows `${VAR}` as what the variable holds, a secret mostly. The template is kept beside it and takes its
place again in what is read; no secret comes further than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stackfile.values import Path, get, leaves, parse_path, print_path, put

KEY: Final = "stackfile"
_HOLDERS: Final = ("input", "output", "buffer")
_TEMPLATE: Final = re.compile(r"\$\{\{?[0-9A-Za-z_.]")
_SHOWN: Final = re.compile(r"\$\{([0-9A-Za-z_.][^}]*)\}")


def is_template(text: str) -> bool:
    """Whether the engine would put something else in the place of a part of this text."""
    return _TEMPLATE.search(text) is not None


def marked(config: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """The config as it is sent. One without a component that could keep a note is sent as it is."""
    holder = next((name for name in _HOLDERS if _keeps(config.get(name))), None)
    if holder is None:
        return dict(config)
    meta = config[holder].get("meta")
    note: dict[str, Any] = {"mark": _quoted(mark)}
    templates = dict(_templates(config))
    if templates:
        note["env"] = templates
    if meta is not None:
        note["beside"] = True
    return put(config, (holder, "meta"), {**(meta or {}), KEY: note})


def unmarked(config: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What the engine shows, as somebody would write it to get that; and the mark, None where it has none of ours."""
    holder = next((name for name in _HOLDERS if isinstance(get(config, (name, "meta", KEY)), Mapping)), None)
    if holder is None:
        return _as_written(config, (), {}), None
    note = config[holder]["meta"][KEY]
    meta = {key: value for key, value in config[holder]["meta"].items() if key != KEY}
    component = {key: value for key, value in config[holder].items() if key != "meta"}
    if meta or note.get("beside"):
        component["meta"] = meta
    plain = _as_written({**config, holder: component}, (), dict(_noted(note)))
    return plain, _unquoted(str(note.get("mark", "")))


def resolved(config: Mapping[str, Any]) -> Iterator[str]:
    """The texts that the engine shows in the place of templates: secrets, for all that is known."""
    for name in _HOLDERS:
        note = get(config, (name, "meta", KEY))
        for path, _ in _noted(note) if isinstance(note, Mapping) else ():
            shown = get(config, path)
            if isinstance(shown, str | int | float):
                yield str(shown)


def _keeps(component: Any) -> bool:
    return isinstance(component, Mapping) and len(component) > 0 and isinstance(component.get("meta", {}), Mapping)


def _templates(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, leaf in leaves(config):
        if isinstance(leaf, str) and is_template(leaf):
            yield print_path(path), _quoted(leaf)


def _noted(note: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The templates of a note; what is none, because somebody else wrote there, is passed over."""
    env = note.get("env")
    for text, template in env.items() if isinstance(env, Mapping) else ():
        try:
            path = parse_path(text)
        except ValueError:
            continue
        if isinstance(template, str):
            yield path, _unquoted(template)


def _as_written(value: Any, path: Path, templates: Mapping[Path, str]) -> Any:
    """With templates in their places. Any other `${VAR}` that is shown was not replaced: it was written `${{VAR}}`, or
    came by another way."""
    if isinstance(value, Mapping):
        return {key: _as_written(one, (*path, key), templates) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_written(one, (*path, at), templates) for at, one in enumerate(value)]
    if path in templates and value is not None:
        return templates[path]
    return _SHOWN.sub(r"${{\1}}", value) if isinstance(value, str) and "${" in value else value


def _quoted(text: str) -> str:
    """Without a `$`, so that the engine sees no variable in it."""
    return text.replace("%", "%25").replace("$", "%24")


def _unquoted(text: str) -> str:
    return text.replace("%24", "$").replace("%25", "%")
