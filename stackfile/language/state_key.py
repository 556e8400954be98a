"""`state.secret_key`: where the key of the state's secrets comes from, and what is said there."""

from __future__ import annotations

from collections.abc import Mapping

from stackfile.errors import DiagnosticError
from stackfile.language.findings import Fault
from stackfile.language.reader import Reader
from stackfile.language.source import Raw
from stackfile.language.stackfile import Inputs, KeySource
from stackfile.language.variables import check_source, source_text

_NAME = "secret_key"


def read_key_source(state: Mapping[str, Raw], reader: Reader) -> KeySource | None:
    """None where the file names none, or wrongly, which is recorded."""
    if _NAME not in state:
        return None
    known = len(reader.findings)
    given = check_source(state[_NAME], ("state", _NAME), reader)
    return KeySource(given) if len(reader.findings) == known else None


def key_text(source: KeySource, inputs: Inputs) -> str:
    """Raises DiagnosticError, which never holds the text."""
    try:
        text = source_text(source.given, inputs)
    except Fault as fault:
        raise _missing(fault.message, *fault.help) from None
    if text is None:
        name = source.given["env"]
        raise _missing(f"the environment variable {name} is not set", f"Set it to the key of this state: {name}=...")
    return text


def _missing(says: str, *help: str) -> DiagnosticError:
    return DiagnosticError.of("secret-key-missing", f"the secret key of the state cannot be had: {says}", *help)
