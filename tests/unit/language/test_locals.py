from __future__ import annotations

import pytest

from stackfile.values import Unknown
from tests.unit.language.fakes import loaded, resolved, wrong

LOCALS = {
    "a cycle, with the way round": (
        "{a: '{{ local.b }}', b: '{{ local.c }}', c: 'x{{ local.a }}', d: '{{ local.a }}'}",
        ["1:10 local-cycle: locals need one another: local.a -> local.b -> local.c -> local.a"],
    ),
    "itself": ("{a: '{{ local.a }}'}", ["1:10 local-cycle: locals need one another: local.a -> local.a"]),
    "a misspelt one": (
        "{abc: 1, b: '{{ local.abd }}'}",
        ["1:22 local-unknown: locals.b: no local `abd` | did you mean `abc`?"],
    ),
    "a field that is not there": (
        "{f: '{{ streams.a.idd }}'}",
        ["1:14 attribute-unknown: locals.f: streams.a has no field `idd` | did you mean `id`?"],
    ),
    "each": (
        "{g: '{{ each.key }}'}",
        [
            "1:14 name-not-here: locals.g: `each` cannot be used in locals | names: destinations, env, local, modules, "
            "path, pipelines, providers, resources, sources, stack, streams, var"
        ],
    ),
    "what fails, though nobody uses it": (
        "{h: '{{ 1 / 0 }}'}",
        ["1:14 template-failed: locals.h: this fails: division by zero"],
    ),
}


@pytest.mark.parametrize(("locals_", "expected"), LOCALS.values(), ids=LOCALS)
def test_a_local_that_is_wrong(locals_: str, expected: list[str]) -> None:
    assert wrong(f"locals: {locals_}\nstreams: {{a: {{}}}}") == expected


def test_a_long_chain_of_locals_is_fine() -> None:
    chain = "".join(f"  l{n}: '{{{{ local.l{n + 1} }}}}'\n" for n in range(500))
    body = f"locals:\n{chain}  l500: end\nstreams: {{a: {{retention: '{{{{ local.l0 }}}}'}}}}"
    assert resolved(loaded(body), "streams.a")["retention"] == "end"


def test_a_long_chain_of_locals_to_a_resource_is_fine() -> None:
    chain = "".join(f"  l{n}: '{{{{ local.l{n + 1} }}}}'\n" for n in range(500))
    streams = "streams: {a: {}, b: {retention: '{{ local.l0 }}'}}"
    configuration = loaded(f"{streams}\nlocals:\n{chain}  l500: '{{{{ streams.a.id }}}}'")
    assert resolved(configuration, "streams.b")["retention"] == Unknown(("streams.a.id",), "{{ local.l0 }}")
    assert resolved(configuration, "streams.b", {"streams.a": {"id": "x"}})["retention"] == "x"
