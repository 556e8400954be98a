from __future__ import annotations

import pytest

from stackfile.address import Address
from stackfile.values import Sensitive, Tree
from tests.unit.language.fakes import loaded, nothing, wrong

OUTPUTS = {
    "no value": ("{}", ["4:11 field-missing: outputs.o: an output has a `value` | write:  o: {value: ...}"]),
    "no map": ("5", ["4:11 field-missing: outputs.o: an output has a `value` | write:  o: {value: ...}"]),
    "a misspelt field": (
        "{value: 1, sensitiv: true}",
        ["4:25 field-unknown: no field `sensitiv` here | did you mean `sensitive`?"],
    ),
    "a secret that is not declared one": (
        "{value: '{{ var.s }}'}",
        [
            "4:22 output-sensitive: outputs.o: the value is sensitive, and outputs are printed "
            "| write sensitive: true beside it, or nonsensitive(...) where it is no secret"
        ],
    ),
    "a secret field": (
        "{value: '{{ streams.a.token }}'}",
        [
            "4:22 output-sensitive: outputs.o: the value is sensitive, and outputs are printed "
            "| write sensitive: true beside it, or nonsensitive(...) where it is no secret"
        ],
    ),
    "a disabled resource": (
        "{value: '{{ streams.off.id }}'}",
        ["4:22 reference-disabled: outputs.o: streams.off is disabled | disable this one too, or remove the reference"],
    ),
}


@pytest.mark.parametrize(("output", "expected"), OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_that_is_wrong(output: str, expected: list[str]) -> None:
    body = f"""streams: {{a: {{}}, off: {{enabled: false}}}}
variables: {{s: {{default: hush-hush, sensitive: true}}}}
locals: {{}}
outputs: {{o: {output}}}"""
    assert wrong(body) == expected


def test_outputs_have_dependencies_and_values_of_any_shape() -> None:
    body = """
streams: {a: {}, b: {for_each: [x, y]}}
outputs:
  tree: {value: {ids: ["{{ streams.a.id }}"], all: "{{ streams.b | items | map('last') | map(attribute='id') }}"}}
  secret: {value: "{{ sensitive('abcd') }}", sensitive: true}
"""
    configuration = loaded(body)
    output = configuration.outputs["tree"]
    assert [str(one) for one in output.dependencies] == ["streams.a", "streams.b[x]", "streams.b[y]"]
    known: dict[Address, Tree] = {one.address: {"id": str(one.address)} for one in configuration.resources.values()}
    assert configuration.resolve_output(output, known.get) == {
        "ids": ["streams.a"],
        "all": ["streams.b[x]", "streams.b[y]"],
    }
    assert configuration.resolve_output(configuration.outputs["secret"], nothing) == Sensitive("abcd")
