"""What goes wrong with a workspace of streams, as a user sees it: keys, plans, addresses, states, what others did."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sandboxed import asked, sandbox
from tests.e2e.shell import Folder, Transcript

STACK = """\
version: 1
name: shop
defaults: {provider: planasonix}
variables:
  signing: {type: string, sensitive: true}
resources:
  shop: {type: project}
pipelines:
  orders:
    project: resources.shop
    nodes: [{id: in, type: source.stream}]
streams:
  hook:
    source_type: webhook
    pipeline: pipelines.orders
    config: {signing_secret: "{{ var.signing }}"}
  orders_cdc:
    source_type: postgres_cdc
    pipeline: pipelines.orders
    connection: {id: conn_1}
    config: {slot_name: orders_slot, tables: [public.orders]}
    status: running
"""
ODD = """\
  odd:
    source_type: webhok
    pipeline: {id: pl_none}
"""
BROKEN = """\
  audit_cdc:
    source_type: postgres_cdc
    pipeline: pipelines.orders
    connection: {id: conn_1}
    config: {slot_name: audit_slot, broken: publication audit_pub not found}
"""
SLOW = """\
  slow_kafka:
    source_type: kafka
    pipeline: pipelines.orders
    connection: {id: conn_2}
    config: {topics: [slow]}
    timeouts: {create: 1s}
"""
SECRET = "hunter22-of-all"


class Console:
    """The sandbox's workspace, as somebody in the web console has it in hand."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return asked(method, f"{self.settings['base_url']}{path}", body, self.settings["api_key"])

    def stream(self, name: str) -> str:
        (found,) = [one for one in self.ask("GET", "/api/streams")["data"] if one["attributes"]["name"] == name]
        return f"/api/streams/{found['id']}"


@pytest.fixture(scope="module")
def settings() -> Iterator[Mapping[str, str]]:
    with sandbox("planasonix") as settings:
        yield settings


def test_trouble_with_a_workspace_is_told_with_the_way_out(settings: Mapping[str, str], tmp_path: Path) -> None:
    env = {f"PLANASONIX_{name.upper()}": text for name, text in settings.items()} | {"STACK_VAR_signing": SECRET}
    shop = Folder(tmp_path / "shop", dict(env))
    shop.write("stack.yaml", STACK)
    walk = Transcript(shop)
    before_all_is_well(walk, settings["base_url"])
    shop.done("apply", "--yes", "--no-wait")
    walk.text += of_another_stack(tmp_path / "other", env)
    after_others_were_here(walk, Console(settings))
    what_does_not_come_to_run(walk)
    what_cannot_be(walk)
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()).decode(errors="replace")
    for secret in (SECRET, settings["api_key"]):
        assert secret not in walk.text + written
    walk.text = steadier(walk.text, settings)
    walk.compare("planasonix_trouble.txt")


def before_all_is_well(walk: Transcript, url: str) -> None:
    walk.note("No key")
    walk.say("plan", env={"PLANASONIX_API_KEY": None})
    walk.note("A wrong key")
    walk.say("plan", env={"PLANASONIX_API_KEY": "plnx_live_wrong"})
    walk.note("A key of a workspace whose plan has no streams")
    walk.say("plan", env={"PLANASONIX_API_KEY": "plnx_sandbox_free"})
    walk.note("A version in the paths that this workspace does not have")
    walk.say("plan", env={"PLANASONIX_PATH_PREFIX": "/v1"})


def of_another_stack(folder: Path, env: Mapping[str, str]) -> str:
    walk = Transcript(Folder(folder, dict(env)))
    walk.folder.write("stack.yaml", STACK.replace("name: shop\n", "name: other\n"))
    walk.note("Another stack would make the same objects")
    walk.say("plan")
    return walk.text


def after_others_were_here(walk: Transcript, console: Console) -> None:
    walk.note("Somebody stops one stream in the console, and deletes the other")
    console.ask("POST", f"{console.stream('orders_cdc')}/stop")
    console.ask("DELETE", console.stream("hook"))
    walk.say("drift")
    walk.say("plan")


def what_does_not_come_to_run(walk: Transcript) -> None:
    walk.note("A pipeline that does not exist, a start that ends in an error, and one that goes on starting")
    walk.folder.write("stack.yaml", STACK + BROKEN + ODD + SLOW)
    walk.say("apply", "--yes")
    walk.say("status", "streams.*")


def what_cannot_be(walk: Transcript) -> None:
    walk.note("What cannot be")
    walk.say("status", "--window", "2h")
    walk.say("pause", "resources.shop")
    walk.say("destroy", "--yes")


def steadier(text: str, settings: Mapping[str, str]) -> str:
    """Without the ids of a sandbox, the numbers of its requests, and how long things took."""
    text = re.sub(r"\b(str|pl|prj)_[0-9a-f]{16}\b", r"\1_ID", text.replace(settings["base_url"], "HOST"))
    text = re.sub(r"\breq-\d+\b", "req-N", text)
    text = re.sub(r"(?<=calls, )\S+ m?s\.|(?<=Fingerprint )[0-9a-f]{4}", "...", text)
    text = re.sub(
        r", (?:[\d.]+ m?s|SECONDS)(?=\.(?: The state|$)|\s\(planasonix)", ", SECONDS", text, flags=re.MULTILINE
    )
    return re.sub(r"(?m)^TIME  (?:wait|start|done|fail) .*\n", "", text)
