"""A provider with `for_each`: two engines in one stack, in the plan, the state and the selection."""

from __future__ import annotations

from tests.e2e.shell import Folder

TWO = """\
version: 1
name: two
providers:
  engine: {type: local, for_each: [eu, us], data_dir: "engines/{{ each.key }}"}
streams:
  clicks: {for_each: [eu, us], provider: "{{ providers.engine[each.key] }}"}
outputs:
  folder: {value: "{{ providers.engine['us'].data_dir }}"}
"""


def test_each_engine_gets_its_own_resources(stack: Folder) -> None:
    stack.write("stack.yaml", TWO)
    applied = stack("apply", "-y")
    assert applied.code == 0, applied.both
    assert {path.name for path in (stack.path / "engines").iterdir()} == {"eu", "us"}
    listed = stack("state", "list", "--json").lines
    assert [(one["address"], one["provider"]) for one in listed] == [
        ("streams.clicks[eu]", "engine[eu]"),
        ("streams.clicks[us]", "engine[us]"),
    ]
    assert stack("plan", "--detailed-exitcode").code == 0
    assert stack("output", "folder").out == "engines/us\n"


def test_an_engine_is_left_out_by_its_name(stack: Folder) -> None:
    stack.write("stack.yaml", TWO)
    assert stack("apply", "-y", "--exclude", "provider:engine[eu]").code == 0
    listed = stack("state", "list", "--json").lines
    assert [one["address"] for one in listed] == ["streams.clicks[us]"]
    assert not (stack.path / "engines" / "eu").exists()


def test_an_engine_that_is_gone_from_the_file_is_named(stack: Folder) -> None:
    stack.write("stack.yaml", TWO)
    assert stack("apply", "-y").code == 0
    stack.write("stack.yaml", TWO.replace("[eu, us]", "[us]"))
    said = stack("plan")
    assert said.code == 1
    assert "`engine[eu]` is no longer a provider of the stackfile" in said.err
    assert "--exclude provider:engine[eu]" in said.err
