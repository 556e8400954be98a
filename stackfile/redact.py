"""Masks secret texts in whatever is about to be printed, logged or saved, also in the forms that encoders give them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from stackfile.values import Sealed, Sensitive, Value

MASK = "(sensitive)"

SHORTEST = 4
"""Shorter texts are not looked for, nor are the words of `NOT_SECRET`: masking each `1` or `true` of an output would
hide the output and no secret. Where such a value is sensitive its wrapper still hides it."""

NOT_SECRET = frozenset({"true", "false", "null", "none"})


class Redactor:
    """Knows the secret texts of a run and replaces them by `(sensitive)`.

    A secret is found as it is; in JSON, Python, HTML and URL spelling; in hex; and in base64, standard and URL-safe,
    also where it stands in the middle of what was encoded (a login in a header). Each line of eight or more characters
    of a text of many lines is a secret, too, since a key file may be printed indented.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        forms = {form for text in texts for part in _parts(text) for form in _forms(part)}
        if not forms <= self._forms:
            self._forms |= forms
            self._pattern = None

    def mask(self, text: str) -> str:
        if not self._forms:
            return text
        if self._pattern is None:
            self._pattern = _compiled(self._forms)
        return self._pattern.sub(MASK, text)

    def mask_tree(self, value: Value) -> Value:
        """The tree with each text masked, keys too, and with `(sensitive)` for each secret leaf."""
        if isinstance(value, Mapping):
            return {self.mask(key): self.mask_tree(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask_tree(inner) for inner in value]
        if isinstance(value, Sensitive | Sealed):
            return MASK
        return self.mask(value) if isinstance(value, str) else value


def _parts(text: str) -> Iterator[str]:
    """The text, and the lines of a text of many lines."""
    parts = [text, text.strip()]
    if "\n" in text.strip():
        lines = (line.strip() for line in text.splitlines())
        parts += [line for line in lines if len(line) >= 8 and not line.startswith("-----")]
    for part in parts:
        if len(part) >= SHORTEST and part.lower() not in NOT_SECRET:
            yield part


def _forms(text: str) -> Iterator[str]:
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    yield html.escape(text)
    yield html.escape(text, quote=False)
    data = text.encode("utf-8", "surrogatepass")
    for spelled in (quote(data, safe=""), quote(data), quote_plus(data)):
        yield spelled
        yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), spelled)
    yield data.hex()
    yield data.hex().upper()
    for shift in range(3):
        yield _base64_core(data, shift)
        yield _base64_core(data, shift, b"-_")


def _base64_core(data: bytes, shift: int, altchars: bytes | None = None) -> str:
    """The characters that depend on this data alone when it is encoded after `shift` other bytes, and before others."""
    encoded = base64.b64encode(bytes(shift) + data, altchars).decode("ascii").rstrip("=")
    bits = 8 * (shift + len(data))
    return encoded[-(-8 * shift // 6) : bits // 6]


def _compiled(forms: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all forms, longest first.

    Python's matcher tries alternatives one by one; grouped by how they begin there is little to try at each place.
    The mask itself comes first, so that text that was masked before stays as it is.
    """
    groups: dict[str, list[str]] = {}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        groups.setdefault(form[:2], []).append(re.escape(form[2:]))
    by_first: dict[str, list[str]] = {}
    for start, rests in groups.items():
        by_first.setdefault(start[0], []).append(f"{re.escape(start[1:])}(?:{'|'.join(rests)})")
    branches = [f"{re.escape(first)}(?:{'|'.join(seconds)})" for first, seconds in by_first.items()]
    return re.compile("|".join([re.escape(MASK), *branches]))
