"""A plan that was saved: to bytes, and back exactly.

The document is the JSON that `stack plan --json` prints, for whoever reviews it; what apply needs is in its
`stackfile.saved`. A checksum over all of it tells when somebody edited the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

from stackfile import __version__
from stackfile.errors import Diagnostic, DiagnosticError, Refused
from stackfile.plan.forms import SAVED
from stackfile.plan.saved import SavedPlan
from stackfile.state.leaves import NotStorable, dump, refusal

SAVED_VERSION: Final = 1
"""Of what is under `stackfile.saved`."""


def print_plan(saved: SavedPlan, document: Mapping[str, Any]) -> bytes:
    """The file: `document`, what `stack plan --json` prints of this plan, with all that apply needs.

    The plan must be veiled. Raises StateError for a value that JSON has no form for.
    """
    ours = {**document.get("stackfile", {}), "version": __version__, "saved_version": SAVED_VERSION}
    try:
        whole = {**document, "stackfile": {**ours, "saved": SAVED.write(saved)}}
        whole["stackfile"]["checksum"] = _checksum(whole)
        return orjson.dumps(whole, option=orjson.OPT_APPEND_NEWLINE)  # in the order of the trees, as texts show them
    except NotStorable as error:
        raise refusal("the plan", error) from None


def parse_plan(data: bytes, where: str) -> SavedPlan:
    """The inverse of `print_plan`. `where` names the file.

    Raises DiagnosticError for what is no saved plan, or is a newer one; Refused for one that was edited.
    """
    document = _document(data, where)
    ours = document["stackfile"]
    found = ours.get("saved_version")
    if isinstance(found, int) and found > SAVED_VERSION:
        raise _newer(where, found, ours.get("version"))
    if "saved" not in ours:
        help = "A plan that can be applied is made by: stack plan --out plan.json"
        raise DiagnosticError.of("plan-damaged", f"{where} is a plan for reading, and cannot be applied", help)
    checksum = ours.pop("checksum", "")
    if _checksum(document) != checksum:
        help = "What was reviewed is what is applied. Change the stackfile instead, and plan anew: stack plan --out ..."
        raise Refused([Diagnostic("plan-edited", f"{where} was edited since it was made", help=(help,))])
    try:
        return SAVED.read(ours["saved"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(where, f"it cannot be read ({error})") from None


def _document(data: bytes, where: str) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        says = "it is empty" if not data.strip() else "it is no JSON, or only a part of it"
        raise _damaged(where, says) from None
    if not isinstance(document, dict) or not isinstance(document.get("stackfile"), dict):
        raise _damaged(where, "it is JSON, but no plan")
    return document


def _checksum(document: Mapping[str, Any]) -> str:
    return sha256(dump(document)).hexdigest()


def _damaged(where: str, says: str) -> DiagnosticError:
    return DiagnosticError.of(
        "plan-damaged", f"{where} is no saved plan: {says}", "Make one: stack plan --out plan.json"
    )


def _newer(where: str, found: int, writer: object) -> DiagnosticError:
    wanted = f"stackfile>={writer}" if isinstance(writer, str) else "stackfile"
    says = f"{where} was made by a newer stackfile: format {found}, and this one ({__version__}) reads {SAVED_VERSION}"
    return DiagnosticError.of("plan-newer", says, f"Install that one: pip install --upgrade '{wanted}'")
