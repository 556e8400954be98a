"""What goes wrong with a real service, as a user sees it: credentials, permissions, names, what others did."""

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
defaults: {provider: streamkap}
variables:
  password: {type: string, sensitive: true}
sources:
  orders_pg:
    connector: postgresql
    config:
      database.hostname.user.defined: db.example.com
      database.user: cdc
      database.password: "{{ var.password }}"
      database.dbname: shop
      schema.include.list: [public]
      table.include.list.user.defined: [public.orders, public.customers]
destinations:
  archive:
    connector: s3
    config:
      aws.access.key.id: AKIA0000000000000000
      aws.secret.access.key: "{{ var.password }}"
      aws.s3.bucket.name: archive
pipelines:
  orders: {source: sources.orders_pg, destination: destinations.archive}
"""
LESS = """\
version: 1
name: shop
providers: {streamkap: {}}
removed:
  - {address: pipelines.orders, destroy: false}
  - {address: destinations.archive, destroy: false}
"""
SECRET = "hunter22-of-all"


class Project:
    """The sandbox's project, as somebody in the web console has it in hand."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings = settings
        self.token = ""
        credentials = {name: settings[name] for name in ("client_id", "secret")}
        self.token = self.ask("POST", "/auth/access-token", credentials)["accessToken"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return asked(method, f"{self.settings['host']}{path}", body, self.token)

    def only(self, path: str) -> dict[str, Any]:
        (found,) = self.ask("GET", path)["result"]
        return dict(found)


@pytest.fixture(scope="module")
def settings() -> Iterator[Mapping[str, str]]:
    with sandbox("streamkap") as settings:
        yield settings


def test_trouble_with_a_service_is_told_with_the_way_out(settings: Mapping[str, str], tmp_path: Path) -> None:
    env = {f"STREAMKAP_{name.upper()}": text for name, text in settings.items()} | {"STACK_VAR_password": SECRET}
    shop = Folder(tmp_path / "shop", dict(env))
    shop.write("stack.yaml", STACK)
    walk = Transcript(shop)
    before_all_is_well(walk)
    shop.done("apply", "--yes", "--no-wait", "--parallelism", "1")
    walk.text += of_another_stack(tmp_path / "other", env)
    after_others_were_here(walk, Project(settings))
    what_cannot_be(walk)
    assert SECRET not in walk.text
    walk.text = steadier(walk.text, settings)
    walk.compare("streamkap_trouble.txt")


def before_all_is_well(walk: Transcript) -> None:
    walk.note("No credentials")
    walk.say("plan", env={"STREAMKAP_CLIENT_ID": None, "STREAMKAP_SECRET": None})
    walk.note("Wrong credentials")
    walk.say("plan", env={"STREAMKAP_SECRET": "not-the-secret"})
    walk.note("Credentials that may only read")
    walk.say("apply", "--yes", "--parallelism", "1", env={"STREAMKAP_CLIENT_ID": "sandbox-reader"})
    walk.note("A connector that neither the provider nor the service knows")
    walk.folder.write("wrong.yaml", STACK.replace("connector: s3", "connector: tapes"))
    walk.say("-f", "wrong.yaml", "apply", "--yes", "--no-wait", "--parallelism", "1")


def of_another_stack(folder: Path, env: Mapping[str, str]) -> str:
    walk = Transcript(Folder(folder, dict(env)))
    walk.folder.write("stack.yaml", STACK.replace("name: shop\n", "name: other\n"))
    walk.note("Another stack would make the same objects")
    walk.say("plan")
    return walk.text


def after_others_were_here(walk: Transcript, project: Project) -> None:
    walk.note("Somebody renames the source in the web console, and deletes the pipeline")
    source, pipeline = project.only("/sources"), project.only("/pipelines")
    config = {**source["config"], "database.password": SECRET}
    project.ask("PUT", f"/sources/{source['id']}", {"name": "mine-now", "connector": "postgresql", "config": config})
    project.ask("DELETE", f"/pipelines/{pipeline['id']}")
    walk.say("plan")
    walk.folder.done("apply", "--yes")
    walk.say("plan")


def what_cannot_be(walk: Transcript) -> None:
    walk.note("Snapshots that cannot be")
    walk.say("snapshot", "sources.orders_pg", "--table", "public.order")
    walk.say("snapshot", "sources.orders_pg", "--table", "orders", "--where", "name = 'half")
    walk.say("snapshot", "destinations.archive")
    walk.say("snapshot", "sources.orders_pg", "--where", "id > 1")
    walk.note("A source goes from the file, and a pipeline that is not in the stack any more uses it")
    walk.folder.write("less.yaml", LESS)
    walk.say("-f", "less.yaml", "apply", "--yes", "--parallelism", "1", "--allow", "data_loss=sources.orders_pg")


def steadier(text: str, settings: Mapping[str, str]) -> str:
    """Without the ids of a sandbox, the numbers of its requests, and how long things took."""
    text = re.sub(r"\b[0-9a-f]{24}\b", "ID", text.replace(settings["host"], "HOST"))
    text = re.sub(r"\breq-\d+\b", "req-N", text)
    text = re.sub(
        r", (?:[\d.]+ m?s|SECONDS)(?=\.(?: The state|$)|\s\(streamkap)", ", SECONDS", text, flags=re.MULTILINE
    )
    return re.sub(r"(?m)^TIME  wait .*\n", "", text)
