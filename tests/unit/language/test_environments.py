from __future__ import annotations

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.load import environment_of, read_structure
from stackfile.language.stackfile import Inputs
from stackfile.values import Value
from tests.unit.language.fakes import loaded, stackfile, value_of, wrong

TWO = """environments:
  dev: {default: true}
  prod: {variables: {size: 3}, protected: true}
variables: {size: {default: 1}}"""


def test_the_environment_is_the_one_that_was_asked_for_or_the_default() -> None:
    found = [(one.env, one.protected) for one in (loaded(TWO, Inputs(env=env)) for env in (None, "dev", "prod"))]
    assert found == [("dev", False), ("dev", False), ("prod", True)]


def test_without_environments_any_name_will_do() -> None:
    assert [loaded("", Inputs(env=env)).env for env in (None, "prod", "eu-1", "default")] == [
        "default",
        "prod",
        "eu-1",
        "default",
    ]
    assert loaded("environments: {}").env == "default"
    assert loaded("environments:").env == "default"
    assert loaded("environments: {dev: , prod-eu: {}}", Inputs(env="prod-eu")).env == "prod-eu"


def test_templates_know_the_environment() -> None:
    assert value_of("{{ stack.env }}", TWO, Inputs(env="prod")) == "prod"
    assert value_of("{{ stack.env }}", TWO) == "dev"


ORDER = "variables: {v: {type: string, from: {env: V}, default: d}}\nenvironments: {dev: {variables: {v: e}}, bare: {}}"
PRECEDENCE: dict[str, tuple[Inputs, Value]] = {
    "--var": (Inputs(env="dev", var={"v": "a"}, var_file={"v": "b"}, environ={"STACK_VAR_v": "c", "V": "f"}), "a"),
    "--var-file": (Inputs(env="dev", var_file={"v": "b"}, environ={"STACK_VAR_v": "c", "V": "f"}), "b"),
    "STACK_VAR_v": (Inputs(env="dev", environ={"STACK_VAR_v": "c", "V": "f"}), "c"),
    "the environment": (Inputs(env="dev", environ={"V": "f"}), "e"),
    "from": (Inputs(env="bare", environ={"V": "f"}), "f"),
    "the default": (Inputs(env="bare"), "d"),
}


@pytest.mark.parametrize(("inputs", "expected"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_where_a_variable_has_its_value_from(inputs: Inputs, expected: Value) -> None:
    assert value_of("{{ var.v }}", ORDER, inputs) == expected


def test_an_environment_may_say_nothing_of_a_variable_that_has_a_value() -> None:
    assert value_of("{{ var.v is none }}", "variables: {v: {default: 1}}\nenvironments: {a: {variables: {v: }}}",
                    Inputs(env="a")) is True  # fmt: skip


WRONG = {
    "no environment chosen": (
        "environments: {dev: {}, prod: {}}\nstreems: {}",
        None,
        [
            "1:1 environment-missing: this stack has environments, and none of them is chosen "
            "| environments: dev, prod | choose one:  --env dev  or  STACK_ENV=dev",
            "2:1 section-unknown: no section `streems` | did you mean `streams`?",
        ],
    ),
    "an environment that there is none": (
        TWO,
        "prd",
        [
            "1:1 environment-unknown: no environment `prd` | did you mean `prod`? | environments: dev, prod "
            "| to add it:  prd: {}  under `environments`"
        ],
    ),
    "one like no other": (
        TWO,
        "quux",
        [
            "1:1 environment-unknown: no environment `quux` | environments: dev, prod "
            "| to add it:  quux: {}  under `environments`"
        ],
    ),
    "a path for an environment": (
        "",
        "../prod",
        ["- name-wrong: an environment's name has letters, digits, _ and - only"],
    ),
    "a name with a space": (
        "environments: {a b: {default: true}}",
        None,
        ["1:16 name-wrong: an environment's name has letters, digits, _ and - only"],
    ),
    "two defaults": (
        "environments:\n  dev: {default: true}\n  test: {default: true}\n  qa: {default: false}",
        None,
        ["3:10 environment-defaults: only one environment can be the default | `dev` is it already, at stack.yaml:5:3"],
    ),
    "wrong shapes": (
        "environments:\n  dev: text\n  test: {default: 1, protected: x, variables: []}\n  qa: {protect: true}",
        "dev",
        [
            "2:8 type-wrong: `dev` takes a map, not text",
            "3:19 type-wrong: `default` takes true or false, not a number",
            "3:33 type-wrong: `protected` takes true or false, not text",
            "3:47 type-wrong: `variables` takes a map, not a list",
            "4:8 field-unknown: no field `protect` here | did you mean `protected`?",
        ],
    ),
    "a list of environments": (
        "environments: [dev, prod]",
        None,
        ["1:15 type-wrong: `environments` takes a map, not a list"],
    ),
    "variables that are none, of a wrong type, not allowed, and with a template": (
        """variables:
  size: {type: int, default: 1}
  tier: {default: a, allowed: [a, b]}
environments:
  dev: {default: true}
  prod:
    variables:
      sise: 1
      size: many
      tier: c
  test: {variables: {size: "{{ 1 }}"}}""",
        None,
        [
            "8:7 variable-unknown: no variable `sise` | did you mean `size`?",
            "9:13 type-wrong: variables.size: the variable takes an int, and environment prod has text",
            "10:13 variable-not-allowed: variables.tier: `c` is not allowed | allowed: a, b",
            "11:28 template-misplaced: the variables of an environment hold no templates "
            "| for a value that is worked out use locals",
        ],
    ),
    "the chosen one's value is told once, and what needs it says nothing": (
        "variables: {size: {type: int}}\nenvironments: {prod: {variables: {size: x}}}\n"
        'streams: {a: {partitions: "{{ var.size }}"}}',
        "prod",
        ["2:41 type-wrong: variables.size: the variable takes an int, and environment prod has text"],
    ),
}


@pytest.mark.parametrize(("body", "env", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_environments(body: str, env: str | None, expected: list[str]) -> None:
    assert wrong(body, Inputs(env=env)) == expected


def test_the_secret_of_another_environment_is_masked_too() -> None:
    body = (
        "variables: {token: {sensitive: true}}\n"
        "environments: {dev: {variables: {token: hunter22}}, prod: {variables: {token: topsecret}}}\n"
        "streams: {a: {label: topsecret}}"
    )
    with pytest.raises(DiagnosticError) as caught:
        loaded(body, Inputs(env="dev"))
    assert "topsecret" not in str([one for one in caught.value.diagnostics])


def test_the_outline_alone_knows_the_environment() -> None:
    structure = read_structure(stackfile(f"{TWO}\nsources: {{a: {{existing: 1}}}}").encode(), "stack.yaml")
    assert [environment_of(structure, env).name for env in (None, "prod")] == ["dev", "prod"]
    with pytest.raises(DiagnosticError, match="environment-unknown"):
        environment_of(structure, "prd")
