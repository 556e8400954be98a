"""What the sessions of one run have in common, and those of two runs have not."""

from __future__ import annotations

from pathlib import Path

from stackfile.cli.options import Options
from stackfile.cli.session import open_desk
from stackfile.sdk.rest import RestClient

FILE = "version: 1\nname: shop\nproviders: {one: {type: local}, two: {type: local}}\n"


def test_the_providers_of_a_run_share_the_budget_of_a_host(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(FILE)
    run, other = (open_desk(Options(tmp_path / "stack.yaml")).stack for _ in range(2))
    one, two = (RestClient("http://h.example/v1", run.session(name)) for name in ("one", "two"))
    assert one._budget is two._budget
    assert RestClient("http://other.example", run.session("one"))._budget is not one._budget
    assert RestClient("http://h.example", other.session("one"))._budget is not one._budget
