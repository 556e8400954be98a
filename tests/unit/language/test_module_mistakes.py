"""Mistakes around modules: each is told once, at its place in its file, with the address of the instance."""

from __future__ import annotations

import pytest

from tests.unit.language.test_modules import BILLING, STACK, said

USE = "  m: {source: m.yaml, variables: {%s}}\n"

CALLS = {
    "no source": (
        "  m: {}\n",
        ["stack.yaml:7:3 field-missing: modules.m: a module has a `source` | write:  m: {source: ./modules/m}"],
    ),
    "a field like no other": (
        "  m: {source: m.yaml, foreach: []}\n",
        ["stack.yaml:7:23 field-unknown: no field `foreach` here | did you mean `for_each`?"],
    ),
    "a module that is not there": (
        "  m: {source: ./nope}\n",
        [
            "stack.yaml:7:15 module-missing: modules.m: there is no module ./nope "
            "| a module is a folder with a module.yaml, or a file"
        ],
    ),
    "a module on another machine": (
        '  m: {source: "https://example.com/m.yaml"}\n',
        [
            "stack.yaml:7:15 module-missing: modules.m: https://example.com/m.yaml is not on this machine: "
            "a module is a folder or a file | copy it into this folder, or link it"
        ],
    ),
    "a module outside of the stack's folder": (
        "  m: {source: ../m}\n",
        [
            "stack.yaml:7:15 module-outside: modules.m: ../m is outside of the stack's folder "
            "| a stack is what is in its folder: link or copy the module into it"
        ],
    ),
    "a source that is a template": (
        '  m: {source: "{{ stack.name }}"}\n',
        ["stack.yaml:7:15 template-misplaced: `source` must be known without a template"],
    ),
    "for_each that is none": (
        "  m: {source: m.yaml, for_each: 3}\n",
        ["stack.yaml:7:33 type-wrong: modules.m: `for_each` takes a list or a map, not a number"],
    ),
    "for_each that only apply can tell": (
        "  m: {source: m.yaml, for_each: '{{ [streams.orders.id] }}'}\n",
        [
            "stack.yaml:7:34 for-each-not-known: modules.m: `for_each` must be known at plan, "
            "and streams.orders.id is known after apply "
            "| known by then: what is written here, variables, and locals of such"
        ],
    ),
    "enabled that is none": (
        "  m: {source: m.yaml, enabled: 3}\n",
        ["stack.yaml:7:32 type-wrong: modules.m: `enabled` takes true or false, not a number"],
    ),
    "a name that is none": (
        "  m-1: {source: m.yaml}\n",
        ["stack.yaml:7:3 key-wrong: `m-1` is no name: letters, digits and _ only | write m_1"],
    ),
}


@pytest.mark.parametrize(("call", "expected"), CALLS.values(), ids=CALLS)
def test_a_module_that_is_used_wrongly(call: str, expected: list[str]) -> None:
    assert said(STACK + call, m="streams: {}") == expected


INPUTS = {
    "one is missing": (
        "variables: {x: {}}",
        "",
        [
            "stack.yaml:7:23 module-input-missing: modules.m: the module needs `x` "
            "| write variables: {x: ...} | declared at m.yaml:1:13"
        ],
    ),
    "one too many": (
        "variables: {x: {default: 1}}",
        "y: 1",
        [
            "stack.yaml:7:35 module-input-unknown: modules.m: the module has no variable `y` "
            "| variables of the module: x"
        ],
    ),
    "a misspelt one": (
        "variables: {region: {default: 1}}",
        "regoin: 1",
        [
            "stack.yaml:7:35 module-input-unknown: modules.m: the module has no variable `regoin` "
            "| did you mean `region`?"
        ],
    ),
    "one of another type": (
        "variables: {x: {type: int}}",
        "x: many",
        ["stack.yaml:7:38 type-wrong: modules.m: `x` takes an int, not text | declared at m.yaml:1:13"],
    ),
    "one of another type than its default": (
        "variables: {x: {default: [a]}}",
        "x: '{{ stack.name }}'",
        ["stack.yaml:7:38 type-wrong: modules.m: `x` takes a list, not text | declared at m.yaml:1:13"],
    ),
    "one that is not allowed": (
        "variables: {x: {allowed: [a, b]}}",
        "x: c",
        [
            "stack.yaml:7:38 variable-not-allowed: modules.m: `c` is not allowed | allowed: a, b "
            "| declared at m.yaml:1:13"
        ],
    ),
    "nothing": (
        "variables: {x: {type: string}}",
        "x: ",
        ["stack.yaml:7:38 type-wrong: modules.m: `x` takes a string, not nothing | declared at m.yaml:1:13"],
    ),
    "a value for a resource": (
        "variables: {x: {type: stream}}",
        "x: 3",
        ["stack.yaml:7:38 type-wrong: modules.m: `x` takes a stream, not a number | declared at m.yaml:1:13"],
    ),
    "a resource of another kind": (
        "variables: {x: {type: source}}",
        "x: streams.orders",
        ["stack.yaml:7:38 reference-kind: modules.m: `x` takes a source, not streams.orders | declared at m.yaml:1:13"],
    ),
    "the id of a resource": (
        "variables: {x: {type: stream}}",
        "x: '{{ streams.orders.id }}'",
        [
            "stack.yaml:7:39 reference-not-id: modules.m: `x` takes the stream itself, not its id "
            "| write: streams.orders | declared at m.yaml:1:13"
        ],
    ),
    "a resource for a value": (
        "variables: {x: {type: string}}",
        "x: '{{ streams.orders }}'",
        [
            "stack.yaml:7:38 resource-not-value: modules.m: streams.orders is a resource, not a value "
            "| write {{ streams.orders.id }} for its id"
        ],
    ),
    "a resource that is none": (
        "variables: {x: {}}",
        "x: '{{ streams.order }}'",
        [
            "stack.yaml:7:39 reference-unknown: modules.m: no stream `order` "
            "| did you mean streams.orders (stack.yaml:4:11)?"
        ],
    ),
    "a name that is none": (
        "variables: {x: {}}",
        "x: '{{ var.nope }}'",
        ["stack.yaml:7:39 variable-unknown: modules.m: no variable `nope`"],
    ),
    "variables that are no map": (
        "variables: {x: {default: 1}}",
        "",
        [],
    ),
}


@pytest.mark.parametrize(("declared", "given", "expected"), INPUTS.values(), ids=INPUTS)
def test_what_a_module_is_given_wrongly(declared: str, given: str, expected: list[str]) -> None:
    """The module uses what it is given, and says nothing more."""
    used = f"{declared}\nlocals: {{l: '{{{{ var.x }}}}'}}\n" if "x:" in declared else declared
    assert said(STACK + USE % given, m=used) == expected


SECTIONS = {
    "a section of the stack": (
        "providers: {local: {}}",
        ["m.yaml:1:1 section-misplaced: `providers` is said by the stack, and not in a module"],
    ),
    "a section like no other": (
        "stream: {}",
        ["m.yaml:1:1 section-unknown: no section `stream` | did you mean `streams`?"],
    ),
    "a version to come": (
        "version: 2",
        ["m.yaml:1:10 version-unknown: this program reads version 1 of a module | write 1"],
    ),
    "a list": ("[]", ["m.yaml:1:1 type-wrong: a module is a map of sections"]),
    "a variable with a source of its own": (
        "variables: {x: {from: {env: X}, default: 1}}",
        [
            "m.yaml:1:17 field-misplaced: variables.x: a module's variable has no `from`: "
            "whoever uses the module gives the value"
        ],
    ),
    "a default of another type": (
        "variables: {x: {type: int, default: a}}",
        ["m.yaml:1:37 type-wrong: variables.x: `x` takes an int, not text | declared at m.yaml:1:13"],
    ),
    "a resource of the stack": (
        "streams: {s: {retention: '{{ streams.orders.id }}'}}",
        ["m.yaml:1:27 reference-unknown: modules.m.streams.s: no stream `orders` | declared: streams.s"],
    ),
    "a resource of the stack, as an address": (
        "pipelines: {p: {source: streams.orders, destination: streams.s}}\nstreams: {s: {}}",
        [
            "m.yaml:1:25 reference-unknown: modules.m.pipelines.p: no stream `orders` | declared: streams.s",
        ],
    ),
    "a variable of the stack": (
        "streams: {s: {retention: '{{ var.region }}'}}",
        ["m.yaml:1:27 variable-unknown: modules.m.streams.s: no variable `region`"],
    ),
    "an output that is sensitive": (
        "outputs: {o: {value: \"{{ sensitive('x') }}\"}}",
        [
            "m.yaml:1:22 output-sensitive: modules.m: outputs.o: the value is sensitive, and outputs are printed "
            "| write sensitive: true beside it, or nonsensitive(...) where it is no secret"
        ],
    ),
}


@pytest.mark.parametrize(("module", "expected"), SECTIONS.values(), ids=SECTIONS)
def test_what_is_wrong_inside_a_module_is_told_in_its_file(module: str, expected: list[str]) -> None:
    assert said(STACK + "  m: {source: m.yaml}\n", m=module) == expected


def test_what_is_wrong_in_every_instance_is_told_of_the_first_one_alone() -> None:
    module = BILLING.replace("streams.clean}", "streams.claen}")
    assert said(STACK, billing__module=module) == [
        "billing/module.yaml:9:51 reference-unknown: modules.billing[eu].pipelines.tidy: no stream `claen` "
        "| did you mean streams.clean (billing/module.yaml:7:3)?"
    ]


OUTPUTS = {
    "no such module": ("modules.bill.x", "module-unknown: no module `bill` | did you mean `billing`?"),
    "no such instance": (
        "modules.billing[zz].label",
        "instance-unknown: modules.billing has no instance `zz` | instances: eu, us",
    ),
    "no instance": (
        "modules.billing.label",
        "instance-unknown: modules.billing has no instance `label` | instances: eu, us",
    ),
    "no such output": (
        "modules.billing[eu].labl",
        "output-unknown: modules.billing[eu] has no output `labl` | did you mean `label`?",
    ),
    "what is inside": (
        "modules.billing[eu].streams.clean.id",
        "output-unknown: modules.billing[eu] has no output `streams` | outputs: clean, clean_id, label",
    ),
    "the module itself": (
        "modules.billing[eu]",
        "name-wrong: modules.billing[eu] is a module, not a value | write modules.<key>.<output>",
    ),
    "a field that the resource has not": (
        "modules.billing[eu].clean.nope",
        "template-failed: modules.billing[eu].streams.clean has no field `nope`",
    ),
    "the resource where a value is wanted": (
        "modules.billing[eu].clean",
        "resource-not-value: modules.billing[eu].streams.clean is a resource, not a value "
        "| write {{ modules.billing[eu].clean.id }} for its id",
    ),
}


@pytest.mark.parametrize(("expression", "expected"), OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_that_is_used_wrongly(expression: str, expected: str) -> None:
    text = f'{STACK}outputs: {{o: {{value: "{{{{ {expression} }}}}"}}}}\n'
    assert said(text) == [f"stack.yaml:7:23 {expected.replace(': ', ': outputs.o: ', 1)}"]


def test_a_module_that_contains_itself_is_told_with_the_way_round() -> None:
    one = "modules: {b: {source: two.yaml}}"
    two = "modules: {a: {source: ./one.yaml}}"
    assert said(STACK + "  m: {source: one.yaml}\n", one=one, two=two) == [
        "two.yaml:1:23 module-cycle: modules.m.modules.b.modules.a: a module cannot contain itself: "
        "one.yaml -> two.yaml -> one.yaml | remove it"
    ]


def test_a_stack_is_no_module_of_itself() -> None:
    text = STACK + "  m: {source: stack.yaml}\n"
    assert said(text, stack=text)[-1] == (
        "stack.yaml:7:15 module-cycle: modules.m: a module cannot contain itself: stack.yaml -> stack.yaml | remove it"
    )


def test_values_that_are_made_from_one_another_through_modules_are_told() -> None:
    module = "variables: {x: {}}\noutputs: {x: {value: '{{ var.x }}'}}\n"
    calls = """\
  a: {source: m.yaml, variables: {x: "{{ modules.b.x }}"}}
  b: {source: m.yaml, variables: {x: "{{ modules.a.x }}"}}
"""
    found = said(STACK + calls, m=module)
    assert found == [
        "stack.yaml:7:39 module-value-cycle: modules.a: var.x of modules.a is made from itself, through modules",
    ]


def test_a_disabled_module_cannot_be_needed_by_what_is_enabled() -> None:
    text = STACK.replace("[eu, us],", "[eu, us], enabled: \"{{ each.key == 'eu' }}\",")
    use = "pipelines: {p: {source: '{{ modules.billing[us].clean }}', destination: streams.other}}\n"
    assert said(text + use) == [
        "stack.yaml:7:25 reference-disabled: pipelines.p: modules.billing[us].streams.clean is disabled "
        "| disable this one too, or remove the reference"
    ]


def test_a_resource_type_is_for_variables_of_modules() -> None:
    assert said(STACK + "variables: {s: {type: stream}}\n")[0] == (
        "stack.yaml:7:23 type-unknown: no such type | a resource can only be given to a variable of a module"
    )
