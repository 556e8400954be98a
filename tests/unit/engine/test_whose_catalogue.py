"""Which provider of a stack is asked for the catalogue of its service."""

from __future__ import annotations

import pytest

from stackfile.engine.catalogues import instances_to_ask
from stackfile.engine.connections import Connections
from stackfile.errors import DiagnosticError
from stackfile.language.load import load_providers
from stackfile.language.stackfile import Inputs
from stackfile.registry import Registry
from stackfile.sdk.provider import Session

ENVIRON = {"STREAMKAP_CLIENT_ID": "id", "STREAMKAP_SECRET": "secret-of-the-token"}
ONE = "providers: {streamkap: {}, local: {}}"
NAMED = "providers: {sk: {type: streamkap}, local: {}}"
TWO = "providers: {eu: {type: streamkap}, us: {type: streamkap}}"
EACH = "providers: {sk: {type: streamkap, for_each: [eu, us]}}"


def nobody(instance: str) -> Session:
    raise AssertionError(instance)


def asked(providers: str, wanted: str | None) -> dict[str, str]:
    text, registry = f"version: 1\nname: shop\n{providers}\nsources: {{wrong: {{provider: nobody}}}}\n", Registry()
    found = load_providers(text.encode(), "stack.yaml", Inputs(environ=ENVIRON), registry, wanted)
    return instances_to_ask(Connections(found.uses, registry, nobody), wanted)


ASKED = {
    "the one of that name": (ONE, "streamkap", {"streamkap": "streamkap"}),
    "the only one that has a catalogue": (ONE, None, {"streamkap": "streamkap"}),
    "the one of that type": (NAMED, "streamkap", {"streamkap": "sk"}),
    "one that goes by another name": (NAMED, "sk", {"streamkap": "sk"}),
    "one of two": (TWO, "us", {"streamkap": "us"}),
    "one of several instances": (EACH, "sk[eu]", {"streamkap": "sk[eu]"}),
    "one that needs no entry": ("providers: {local: {}}", "streamkap", {"streamkap": "streamkap"}),
}


@pytest.mark.parametrize("case", ASKED)
def test_asked_is(case: str) -> None:
    providers, wanted, found = ASKED[case]
    assert asked(providers, wanted) == found


REFUSED = {
    "a name that nobody has": (
        ONE,
        "streamcap",
        "provider-unknown: no provider `streamcap` in this stackfile; did you mean streamkap?",
    ),
    "one without a catalogue": (
        ONE,
        "local",
        "catalogue-none: `local` has no catalogue that a service could refresh; What has one: streamkap",
    ),
    "a stack without any": (
        "providers: {local: {}}",
        None,
        "catalogue-none: this stack's providers have no catalogue that a service could refresh; "
        "There is nothing to refresh: it knows all its kinds itself.",
    ),
    "two of one type": (
        TWO,
        "streamkap",
        "provider-ambiguous: 2 providers of this stack are of streamkap, which has one catalogue: eu, us; "
        "Say which to ask: stack providers sync eu",
    ),
    "an instance that is not said": (
        EACH,
        None,
        "provider-ambiguous: 2 providers of this stack are of streamkap, which has one catalogue: sk[eu], sk[us]; "
        "Say which to ask: stack providers sync sk[eu]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_is(case: str) -> None:
    providers, wanted, says = REFUSED[case]
    with pytest.raises(DiagnosticError) as raised:
        asked(providers, wanted)
    (told,) = raised.value.diagnostics
    assert "; ".join((f"{told.code}: {told.message}", *told.help)) == says


def test_a_provider_without_an_entry_says_what_it_needs() -> None:
    text = b"version: 1\nname: shop\n"
    with pytest.raises(DiagnosticError, match="provider-settings: streamkap needs settings: client_id, secret"):
        load_providers(text, "stack.yaml", Inputs(), Registry(), "streamkap")
