from __future__ import annotations

from collections.abc import Sequence
from subprocess import CalledProcessError, TimeoutExpired

import pytest

from stackfile.errors import DiagnosticError
from stackfile.language.stackfile import Inputs
from stackfile.values import Value
from tests.unit.language.fakes import diagnostics, loaded, value_of, wrong


def read_file(path: str) -> bytes:
    if path == "password.txt":
        return b"hush-hush\n"
    if path == "latin.txt":
        return b"\xff"
    raise FileNotFoundError(2, "No such file or directory")


def run_command(command: Sequence[str]) -> bytes:
    if command[0] == "pass":
        return f"secret of {command[1]}\n".encode()
    if command[0] == "slow":
        raise TimeoutExpired(command, 30)
    if command[0] == "silent":
        return b" \n"
    if command[0] == "killed":
        raise CalledProcessError(-9, command)
    if command[0] == "absent":
        raise FileNotFoundError(2, "No such file or directory")
    if command[0] == "endless":
        return b"x" * 2_000_000
    raise CalledProcessError(3, command, b"hush-hush", b"hush-hush")


def inputs(**given: object) -> Inputs:
    return Inputs(read_file=read_file, run_command=run_command, **given)  # type: ignore[arg-type]


ORDER = "{default: of the default, from: {env: FROM}}"
PRECEDENCE: dict[str, tuple[Inputs, str]] = {
    "--var before all": (
        inputs(var={"v": "of --var"}, var_file={"v": "file"}, environ={"STACK_VAR_v": "stack", "FROM": "from"}),
        "of --var",
    ),
    "--var-file before STACK_VAR": (
        inputs(var_file={"v": "of the file"}, environ={"STACK_VAR_v": "stack", "FROM": "from"}),
        "of the file",
    ),
    "STACK_VAR before from": (inputs(environ={"STACK_VAR_v": "of STACK_VAR", "FROM": "from"}), "of STACK_VAR"),
    "from before the default": (inputs(environ={"FROM": "of from"}), "of from"),
    "the default at last": (inputs(), "of the default"),
    "an empty text is a value": (inputs(environ={"FROM": ""}), ""),
}


@pytest.mark.parametrize(("given", "value"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_which_value_counts(given: Inputs, value: str) -> None:
    assert value_of("{{ var.v }}", f"variables: {{v: {ORDER}}}", given) == value


TYPED: dict[tuple[str, str], Value] = {
    ("string", "00123"): "00123",
    ("string", "true"): "true",
    ("string", ""): "",
    ("string", "[a]"): "[a]",
    ("int", "5432"): 5432,
    ("int", " 0x10 "): 16,
    ("number", "0.5"): 0.5,
    ("number", "5"): 5,
    ("bool", "true"): True,
    ("bool", "FALSE"): False,
    ("list", "[a, 1, true]"): ["a", 1, True],
    ("list", "- a\n- b"): ["a", "b"],
    ("map", "{a: 1, b: [c]}"): {"a": 1, "b": ["c"]},
    ("map", "a: '{{ var.x }}'"): {"a": "{{ var.x }}"},
}


@pytest.mark.parametrize(("declared", "value"), TYPED.items(), ids=map(str, TYPED))
def test_a_text_from_outside_gets_the_declared_type(declared: tuple[str, str], value: Value) -> None:
    found = value_of("{{ var.v }}", f"variables: {{v: {{type: {declared[0]}}}}}", inputs(var={"v": declared[1]}))
    assert found == value
    assert type(found) is type(value)


MISFITS = [
    ("int", "five"), ("int", "1.5"), ("int", "true"), ("int", ""), ("number", "x"), ("bool", "yes"), ("bool", "1"),
    ("list", "a, b"), ("list", "{a: 1}"), ("list", "[a"), ("map", "[a]"), ("map", "a: 1\na: 2"), ("int", "9" * 5000),
    ("list", "\udcff"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "text"), MISFITS)
def test_a_text_that_does_not_fit_is_told_without_showing_it(type_: str, text: str) -> None:
    found = diagnostics(f"variables: {{v: {{type: {type_}}}}}", inputs(var={"v": text}))
    assert [one.code for one in found] == ["type-wrong"]
    assert found[0].message.startswith(f"variables.v: the variable takes a{'n' if type_ == 'int' else ''} {type_}, ")


WRONG = {
    "a bare value": (
        "variables: {a: 5}",
        ["1:16 type-wrong: a variable is a map, not a number | write {default: 5}"],
    ),
    "no value": (
        "variables: {e: {}}",
        [
            "1:13 variable-missing: variables.e: the variable has no value "
            "| give it one:  --var e=...  or the environment variable STACK_VAR_e"
        ],
    ),
    "no value for a secret that the environment has under a name of its own": (
        "variables: {e: {sensitive: true, from: {env: PG_PASSWORD}}}",
        [
            "1:13 variable-missing: variables.e: the variable has no value "
            "| give it one:  the environment variable PG_PASSWORD or STACK_VAR_e"
        ],
    ),
    "an unknown type": (
        "variables: {c: {type: str, default: x}}",
        ["1:23 type-unknown: no such type | did you mean `string`? | types: string, int, number, bool, list, map"],
    ),
    "a number for a text": (
        "variables: {d: {default: 1, type: string}}",
        [
            "1:13 type-wrong: variables.d: the variable takes a string, and its default has a number; "
            "quote it to make it text"
        ],
    ),
    "true for a whole number": (
        "variables: {d: {default: true, type: int}}",
        ["1:13 type-wrong: variables.d: the variable takes an int, and its default has true"],
    ),
    "a template": (
        "variables: {f: {default: 'x {{ env.X }}'}}",
        ["1:13 template-misplaced: a variable holds no templates | for a value that is worked out use locals"],
    ),
    "what is not allowed": (
        "variables: {h: {default: q, allowed: [a, b]}}",
        ["1:13 variable-not-allowed: variables.h: `q` is not allowed | allowed: a, b"],
    ),
    "a secret that is not allowed": (
        "variables: {h: {default: qqqqqq, allowed: [a], sensitive: true}}",
        ["1:13 variable-not-allowed: variables.h: its value is not allowed | allowed: a"],
    ),
    "two origins": (
        "variables: {i: {from: {env: A, file: b}, default: 1}}",
        ["1:17 type-wrong: `from` takes one of env, file and command"],
    ),
    "a command as text": (
        "variables: {j: {from: {command: ls -l}, default: 1}}",
        [
            "1:33 type-wrong: `command` takes a list of texts: the program and its arguments "
            "| write:  command: [sops, -d, secrets.yaml]"
        ],
    ),
    "an unknown field": (
        "variables: {k: {sensitiv: true, default: 1}}",
        ["1:17 field-unknown: no field `sensitiv` here | did you mean `sensitive`?"],
    ),
    "a file that is not there": (
        "variables: {v: {from: {file: nope.txt}, default: 1}}",
        ["1:13 variable-source: variables.v: cannot read nope.txt: No such file or directory"],
    ),
    "a file that is no text": (
        "variables: {v: {from: {file: latin.txt}}}",
        ["1:13 variable-source: variables.v: latin.txt is not UTF-8 text"],
    ),
    "a command that fails": (
        "variables: {v: {from: {command: [fail, --of, a secret]}}}",
        [
            "1:13 variable-source: variables.v: fail failed with exit status 3 "
            "| what it said is not shown; to see it:  fail --of 'a secret'"
        ],
    ),
    "a command that is not there": (
        "variables: {v: {from: {command: [absent]}}}",
        ["1:13 variable-source: variables.v: cannot run absent: No such file or directory"],
    ),
    "a command that does not end": (
        "variables: {v: {from: {command: [slow]}}}",
        [
            "1:13 variable-source: variables.v: slow did not end within 30 s "
            "| it gets no input and no terminal: what it would ask for must be there already"
        ],
    ),
    "a command that is killed": (
        "variables: {v: {from: {command: [killed]}}}",
        [
            "1:13 variable-source: variables.v: killed failed with signal 9 "
            "| what it said is not shown; to see it:  killed"
        ],
    ),
    "a command that prints nothing": (
        "variables: {v: {from: {command: [silent]}, default: x}}",
        ["1:13 variable-source: variables.v: silent printed nothing"],
    ),
    "a command that does not stop": (
        "variables: {v: {from: {command: [endless]}}}",
        ["1:13 variable-source: variables.v: endless printed more than 1 MB"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_a_variable_that_is_wrong(body: str, expected: list[str]) -> None:
    assert wrong(body, inputs()) == expected


def test_values_come_from_files_and_commands_without_their_last_line_end() -> None:
    body = "variables: {f: {from: {file: password.txt}}, c: {from: {command: [pass, db]}}}"
    assert value_of("{{ var.f }}/{{ var.c }}", body, inputs()) == "hush-hush/secret of db"


def test_a_value_given_for_no_variable_is_told() -> None:
    given = inputs(var={"tabels": "x"}, var_file={"quux": 1})
    assert wrong("variables: {tables: {default: [a]}}", given) == [
        "- variable-unknown: no variable `tabels` | did you mean `tables`?",
        "- variable-unknown: no variable `quux` | variables: tables",
    ]


def test_a_null_default_makes_a_variable_optional() -> None:
    assert value_of("{{ var.v }}", "variables: {v: {type: int, default: null}}") is None


def test_a_variable_without_a_type_has_that_of_its_default() -> None:
    assert value_of("{{ var.v }}", "variables: {v: {default: [a]}}", inputs(var={"v": "[b, c]"})) == ["b", "c"]
    assert value_of("{{ var.v }}", "variables: {v: {default: 1}}", inputs(var={"v": "2"})) == 2


def test_a_value_that_is_wrong_is_told_once_and_not_where_it_is_used() -> None:
    body = "variables: {v: {type: int}}\nstreams: {a: {partitions: '{{ var.v }}', for_each: ['{{ var.v }}']}}"
    assert [line.split()[1] for line in wrong(body, inputs(var={"v": "x"}))] == ["type-wrong:"]


def test_secrets_of_variables_are_known_to_whoever_masks_them() -> None:
    body = """
variables:
  password: {from: {file: password.txt}, sensitive: true}
  keys: {default: {a: first-key, b: [12345]}, sensitive: true}
  short: {default: abc, sensitive: true}
  open: {default: not a secret}
"""
    assert set(loaded(body, inputs()).secrets) == {"hush-hush", "first-key", "12345"}


def test_a_secret_in_the_file_is_masked_in_the_snippet_with_its_columns_kept() -> None:
    with pytest.raises(DiagnosticError) as raised:
        loaded("variables: {password: {default: hush-hush, sensitive: true, typ: x}}")
    (found,) = raised.value.diagnostics
    assert found.source == "variables: {password: {default: *********, sensitive: true, typ: x}}"
