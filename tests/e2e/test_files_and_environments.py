"""A stack of several files and two environments, through the installed program."""

from __future__ import annotations

import pytest

from tests.e2e.shell import Folder

STACKFILE = """\
version: 1
name: shop
include: [teams/*.yaml]
environments:
  dev: {default: true}
  prod: {variables: {partitions: 8}}
variables:
  partitions: {type: int, default: 2}
defaults:
  provider: local
  name: "{{ stack.env }}-{{ self.slug }}"
outputs:
  clicks: {value: "{{ streams.clicks.name }} has {{ streams.clicks.partitions }}"}
"""
WEB = 'streams:\n  clicks: {partitions: "{{ var.partitions }}"}\n'
SALES = "sources:\n  orders: {connector: file, path: orders.ndjson, format: ndjson, stream: streams.clicks}\n"


@pytest.fixture
def shop(stack: Folder) -> Folder:
    stack.write("stack.yaml", STACKFILE)
    stack.write("teams/web.yaml", WEB)
    stack.write("teams/sales.yaml", SALES)
    return stack


def outputs(shop: Folder, *arguments: str) -> str:
    return str(shop.done("output", "clicks", *arguments).out).strip()


def test_each_environment_has_a_state_of_its_own(shop: Folder) -> None:
    assert "2 to create" in shop.done("plan").out
    shop.done("apply", "--yes")
    assert "No changes. 2 resources match the stackfile." in shop.done("plan").out
    assert "2 to create" in shop.done("plan", "--env", "prod").out
    assert shop.done("state", "list", "--env", "prod").out == "The state holds no resource.\n"
    shop.done("apply", "--yes", env={"STACK_ENV": "prod"})
    assert (outputs(shop), outputs(shop, "--env", "prod")) == ("dev-clicks has 2", "prod-clicks has 8")
    shop.done("destroy", "--yes", "--allow", "data_loss=*")
    assert shop.done("state", "list").out == "The state holds no resource.\n"
    assert "No changes. 2 resources match the stackfile." in shop.done("plan", "--env", "prod").out


def test_a_state_of_another_environment_is_refused(shop: Folder) -> None:
    shop.done("apply", "--yes")
    (shop.path / ".stack" / "dev").rename(shop.path / ".stack" / "prod")
    for command in ("plan", "state list"):
        said = shop(*command.split(), "--env", "prod")
        assert (said.code, "error[state-other-stack]" in said.err) == (1, True)
        assert "is of stack shop (dev), not of shop (prod)" in said.err


def test_a_mistake_in_an_included_file_is_shown_there(shop: Folder) -> None:
    shop.replace("streams.clicks}", "streams.click}", "teams/sales.yaml")
    said = shop("validate")
    assert (said.code, said.err) == (
        1,
        "error[reference-unknown]: sources.orders: no stream `click`\n"
        "  --> teams/sales.yaml:2:74\n"
        "   |\n"
        " 2 |   orders: {connector: file, path: orders.ndjson, format: ndjson, stream: streams.click}\n"
        "   |                                                                          ^^^^^^^^^^^^^\n"
        "   |                                                        did you mean streams.clicks\n"
        "   |                                                        (teams/web.yaml:2:3)?\n",
    )


def test_a_file_that_goes_takes_its_resources_along(shop: Folder) -> None:
    shop.done("apply", "--yes")
    (shop.path / "teams" / "sales.yaml").unlink()
    assert "- sources.orders" in shop.done("plan").out


def test_state_commands_need_an_environment_too(shop: Folder) -> None:
    shop.replace("dev: {default: true}", "dev: {}")
    for command in ("plan", "validate", "state list", "output", "lock show"):
        said = shop(*command.split())
        assert (said.code, "error[environment-missing]" in said.err) == (1, True)
        assert shop(*command.split(), "--env", "dev").code == 0


def test_commands_that_are_proposed_name_the_environment(shop: Folder) -> None:
    assert shop("plan", "--env", "prod").out.rstrip().endswith("\nTo apply: stack apply --env prod")
    refused = shop("apply", "--env", "prod")
    assert refused.err.rstrip().endswith("stack apply --env prod --yes")
    assert "all that it holds: stack state list --env prod" in shop("state", "show", "streams.x", "--env", "prod").err
