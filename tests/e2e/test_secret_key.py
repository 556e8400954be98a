"""`state.secret_key`: a key that is kept elsewhere, through the installed stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.shell import Folder

KEY, OTHER = "3f" * 32, "a text of more than thirty-two bytes, too"
SHOP = """\
version: 1
name: shop
state: {secret_key: SOURCE}
variables:
  salt: {default: a-salt-that-nobody-may-read, sensitive: true}
defaults: {provider: local}
streams: {orders: {}}
destinations:
  file: {connector: file, format: ndjson, path: "{{ sha256(var.salt) }}", stream: streams.orders}
outputs: {salt: {value: "{{ var.salt }}", sensitive: true}}
"""
ENV = "{env: STATE_KEY}"
SOURCES = {
    "an environment variable": ENV,
    "a file": "{file: key.txt}",
    "a command": "{command: [cat, key.txt]}",
}


def shop(source: str) -> str:
    return SHOP.replace("SOURCE", source)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.env["STATE_KEY"] = KEY
    folder.write("key.txt", KEY + "\n")
    return folder


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_key_from_elsewhere_is_not_kept_beside_the_state(source: str, folder: Folder) -> None:
    folder.write("stack.yaml", shop(source))
    folder.done("apply", "--yes")
    assert not list(folder.path.glob(".stack/**/secret.key*"))
    assert "No changes." in folder.done("plan").out
    assert KEY not in folder.done("state", "pull").out
    folder.done("state", "mv", "streams.orders", "streams.others")
    assert not list(folder.path.glob(".stack/**/secret.key*"))
    assert KEY.encode() not in b"".join(folder.files(but=("key.txt",)).values())


def test_the_keys_text_is_masked_wherever_it_is_printed(folder: Folder) -> None:
    folder.write("stack.yaml", shop(ENV).replace("outputs: {", "outputs: {key: {value: '{{ env.STATE_KEY }}'}, "))
    said = folder.done("plan", "--json").both + folder.done("plan").both + folder.done("console", "env.STATE_KEY").both
    assert KEY not in said
    assert "(sensitive)" in said


def test_another_key_changes_nothing(folder: Folder) -> None:
    folder.write("stack.yaml", shop(ENV))
    folder.done("apply", "--yes")
    folder.env["STATE_KEY"] = OTHER
    said = folder.done("plan")
    assert "No changes." in said.out
    folder.env["STATE_KEY"] = KEY
    assert "No changes." in folder.done("plan").out


def test_the_key_beside_the_state_gives_way_to_the_configured_one(folder: Folder) -> None:
    folder.write("stack.yaml", SHOP.replace("state: {secret_key: SOURCE}\n", ""))
    folder.done("apply", "--yes")
    folder.write("stack.yaml", shop(ENV))
    assert folder.done("state", "rekey").err == "2 secrets under the new key. The state is serial 3.\n"
    assert not list(folder.path.glob(".stack/**/secret.key*"))
    assert "No changes." in folder.done("plan").out
    assert "error[rekey-configured]" in folder("state", "rekey").err


WRONG = {
    "a variable that is not set": (
        "{env: NO_SUCH}",
        "error[secret-key-missing]: the secret key of the state cannot be had: the environment variable NO_SUCH is not"
        " set\n  Set it to the key of this state: NO_SUCH=...\n",
    ),
    "a file that is not there": ("{file: none.txt}", "error[secret-key-missing]"),
    "a command that fails": ("{command: ['false']}", "error[secret-key-missing]"),
    "a text that is too short": ("{file: short.txt}", "error[secret-key-short]"),
    "nothing": ("{}", "error[type-wrong]: `secret_key` takes one of env, file and command"),
    "another source": ("{vault: x}", "error[field-unknown]"),
    "a text": (KEY, "error[type-wrong]"),
    "a template": ('{env: "{{ stack.name }}"}', "error[template-misplaced]"),
}


@pytest.mark.parametrize(("source", "expected"), WRONG.values(), ids=WRONG)
def test_a_key_that_cannot_be_had(source: str, expected: str, folder: Folder) -> None:
    folder.write("short.txt", "short-secret")
    folder.write("stack.yaml", shop(source))
    said = folder("plan")
    assert (said.code, said.err[: len(expected)]) == (1, expected)
    assert "short-secret" not in said.both
