"""stack console: one expression, lines from stdin, and a talk on a terminal; it reads and never writes."""

from __future__ import annotations

import subprocess

import pytest

from tests.e2e.shell import STACK, Folder, Said, plain, surroundings

ASKED = """\
version: 1
name: asked
defaults: {provider: local}
providers:
  local: {}
  engine: {type: local, for_each: [eu], data_dir: "engines/{{ each.key }}"}
variables:
  password: {default: hush-hush, sensitive: true}
  tables: {default: [a, b]}
locals:
  joined: "{{ var.tables | join('-') }}"
  login: "ana:{{ var.password }}"
streams:
  orders: {partitions: 2}
  clicks: {for_each: [eu, us], name: "clicks-{{ each.key }}"}
"""

ANSWERS = {
    "text": ("local.joined", '"a-b"'),
    "a text with expressions": ("{{ stack.name }}-{{ stack.env }}", '"asked-default"'),
    "a list": ("var.tables", "[a, b]"),
    "a function": ("sha256('a')[:8]", '"ca978112"'),
    "a secret": ("var.password", "(sensitive)"),
    "what a secret is part of": ("[1, local.login]", "(sensitive)"),
    "what only apply can tell": ("streams.orders.created_at", "(known after apply)"),
    "what the file says of it": ("streams.orders.partitions", "2"),
    "an instance as addresses are printed": ("streams.clicks[us].name", '"clicks-us"'),
    "an instance by its key in quotes": ("streams.clicks['us'].name", '"clicks-us"'),
    "a setting of a provider": ("providers.engine[eu].data_dir", '"engines/eu"'),
    "the environment": ("env.ASKED | default('nobody')", '"nobody"'),
    "the folder": ("path.root", '"."'),
}


@pytest.fixture
def asked(stack: Folder) -> Folder:
    stack.write("stack.yaml", ASKED)
    return stack


@pytest.mark.parametrize(("expression", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_an_expression_is_answered(asked: Folder, expression: str, answer: str) -> None:
    assert asked.done("console", expression).out == f"{answer}\n"


def test_resources_are_as_the_state_has_them_once_they_are_made(asked: Folder) -> None:
    asked.done("apply", "-y")
    asked.replace("partitions: 2", "partitions: 4")
    answer = asked.done("console", "streams.orders").out
    assert answer.startswith('{\n  id: "stream:orders"\n  name: "orders"\n  partitions: 2\n')
    assert '  retention: "7d"\n' in answer


def test_it_writes_nothing(asked: Folder) -> None:
    before = asked.files()
    asked.done("console", "streams.clicks")
    assert asked.files() == before


SAID = {
    "a name that is none": ("var.tabels", "variable-unknown", "did you mean `tables`?"),
    "no expression": ("1 +", "template-syntax", "this cannot be read"),
    "a failure": ("1 / 0", "template-failed", "division by zero"),
    "a resource that is none": ("streams.order.id", "reference-unknown", "did you mean streams.orders"),
    "an instance that is none": ("streams.clicks[zz].id", "instance-unknown", "instances: eu, us"),
    "a setting that is none": ("providers.engine[eu].port", "setting-unknown", "settings: data_dir"),
    "a secret setting": ("providers.engine[eu].token", "provider-secret", "providers.engine[eu].token is sensitive"),
    "each": ("each.key", "name-not-here", "`each` cannot be used in the console"),
}


@pytest.mark.parametrize(("expression", "code", "words"), SAID.values(), ids=SAID)
def test_a_mistake_is_a_diagnostic(asked: Folder, expression: str, code: str, words: str) -> None:
    said = asked("console", expression)
    assert (said.code, said.out) == (1, "")
    assert f"error[{code}]" in said.err
    assert words in said.err
    assert f" 1 | {expression}\n" in said.err


def test_why_something_with_a_secret_fails_is_not_told(asked: Folder) -> None:
    said = asked("console", "json(var.password)")
    assert said.code == 1
    assert "hush-hush" not in said.both


def piped(folder: Folder, text: str, *arguments: str) -> Said:
    """Runs the console with lines on its stdin."""
    done = subprocess.run(
        [STACK, "console", *arguments],
        cwd=folder.path,
        env=surroundings(folder.env),
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def test_lines_of_stdin_are_answered_one_by_one(asked: Folder) -> None:
    said = piped(asked, "local.joined\n# a comment\n\n  1 + 1\nvar.password\n")
    assert (said.code, said.out, said.err) == (0, '"a-b"\n2\n(sensitive)\n', "")


def test_after_a_line_that_fails_the_next_is_answered_and_the_end_tells(asked: Folder) -> None:
    said = piped(asked, "var.nope\n1 + 1\n")
    assert (said.code, said.out) == (1, "2\n")
    assert "error[variable-unknown]" in said.err


def test_json_has_the_value_and_what_is_unknown_and_sensitive_in_it(asked: Folder) -> None:
    said = piped(asked, "{'a': 1, 'b': [true, none]}\nvar.password\nstreams.orders.created_at\n", "--json")
    assert said.lines == [
        {
            "expression": "{'a': 1, 'b': [true, none]}",
            "value": {"a": 1, "b": [True, None]},
            "unknown": {},
            "sensitive": {},
        },
        {"expression": "var.password", "value": None, "unknown": False, "sensitive": True},
        {"expression": "streams.orders.created_at", "value": None, "unknown": True, "sensitive": False},
    ]


def test_on_a_terminal_it_asks_until_somebody_leaves(asked: Folder) -> None:
    said = asked.dialogue(
        "console", answers=[("> ", "local.joined"), ('"a-b"', "var.nope"), ("variable-unknown", "exit")]
    )
    assert said.code == 0
    assert '"a-b"' in plain(said.out)
    assert "variable-unknown" in plain(said.out)


def test_earlier_lines_come_back_on_a_terminal(asked: Folder) -> None:
    up = "\x1b[A"
    said = asked.dialogue("console", answers=[("> ", "1 + 41"), ("42", up), ("42", "quit")])
    assert (said.code, plain(said.out).count("42")) == (0, 2)
