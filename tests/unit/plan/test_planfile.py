"""Saved plans as files: what is in one, and what is said of a file that is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from stackfile.errors import DiagnosticError, Refused
from stackfile.plan.fingerprint import checks_of
from stackfile.plan.forms import CHANGE, FIELD, PLAN
from stackfile.plan.plan import UNSET, Change, FieldChange, Plan
from stackfile.plan.planfile import parse_plan, print_plan
from stackfile.plan.question import Question
from stackfile.plan.saved import SavedPlan
from stackfile.plan.table import PLAIN, table
from stackfile.plan.veil import Veil
from stackfile.report.plan_json import plan_json
from stackfile.report.plan_text import plan_text
from stackfile.values import Sensitive, Unknown
from tests.unit.plan.world import World, configured

SECRET = "hunter2-and-more"
FILE = """
sources: {pg: {host: db, password: "%s", token: "{{ pipelines.p.id }}-token-of-ours"}}
pipelines: {p: {text: hello}}
"""


def saved() -> bytes:
    world = World.applied("streams: {s: {}}")
    plan = world.make_plan("streams: {s: {}}" + FILE % SECRET)
    configuration = configured("streams: {s: {}}" + FILE % SECRET)
    schemas = {address: resource.schema for address, resource in configuration.resources.items()}
    veiled = SavedPlan(Veil(schemas).plan(plan))
    return print_plan(veiled, plan_json(veiled.plan))


def test_a_plan_file_holds_no_secret_nor_the_template_of_a_secret_that_waits() -> None:
    data = saved()
    assert SECRET.encode() not in data
    assert b"token-of-ours" not in data
    desired = json.loads(data)["stackfile"]["saved"]["plan"]["changes"][0]["desired"]
    assert desired["token"] == {"$sensitive": {"$unknown": {"waits_for": ["pipelines.p.id"], "template": ""}}}
    assert desired["password"] == {"$sensitive": None}


def test_a_secret_that_will_wait_reads_in_a_saved_plan_as_it_did_and_its_template_is_not_kept() -> None:
    waiting = Unknown(("pipelines.p.id",), "{{ pipelines.p.id }}-" + SECRET)
    fields = [
        FieldChange(("token",), Sensitive(SECRET), waiting),
        FieldChange(("token",), UNSET, waiting, applied=Sensitive(SECRET)),
        FieldChange(("token",), Sensitive(SECRET), {"deep": [waiting]}),
    ]
    plan = World.applied("streams: {s: {}}").make_plan("streams: {s: {partitions: 9}}")
    plan = replace(plan, changes=(replace(plan.changes[0], fields=tuple(fields)),))
    veiled = Veil({}).plan(plan)
    assert plan_text(veiled) == plan_text(plan)
    assert SECRET not in repr(veiled)


def test_a_plan_file_is_terraforms_plan_with_all_of_ours_under_one_key() -> None:
    document = json.loads(saved())
    assert document["format_version"] == "1.2"
    assert [one["address"] for one in document["resource_changes"]] == ["sources.pg", "pipelines.p"]
    assert document["stackfile"]["saved_version"] == 1
    assert len(document["stackfile"]["checksum"]) == 64


def test_reformatting_a_plan_file_does_no_harm() -> None:
    assert parse_plan(json.dumps(json.loads(saved()), indent=2).encode(), "p") == parse_plan(saved(), "p")


def edited(change: Any) -> bytes:
    document = json.loads(saved())
    change(document)
    return json.dumps(document).encode()


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "plan-damaged: plan.json is no saved plan: it is empty"),
    "text": (b"Plan: 1 to create", "plan-damaged: plan.json is no saved plan: it is no JSON, or only a part of it"),
    "half of a plan": (saved()[:-40], "plan-damaged: plan.json is no saved plan: it is no JSON, or only a part of it"),
    "a list": (b"[1]", "plan-damaged: plan.json is no saved plan: it is JSON, but no plan"),
    "Terraform's plan": (
        b'{"format_version": "1.2"}',
        "plan-damaged: plan.json is no saved plan: it is JSON, but no plan",
    ),
    "what plan --json prints": (
        edited(lambda document: document["stackfile"].pop("saved")),
        "plan-damaged: plan.json is a plan for reading, and cannot be applied",
    ),
    "a plan edited in the part for reviewers": (
        edited(lambda document: document["resource_changes"].pop()),
        "plan-edited: plan.json was edited since it was made",
    ),
    "a plan edited in our part": (
        edited(lambda document: document["stackfile"]["saved"]["plan"].update(serial=7)),
        "plan-edited: plan.json was edited since it was made",
    ),
    "a plan without its checksum": (
        edited(lambda document: document["stackfile"].pop("checksum")),
        "plan-edited: plan.json was edited since it was made",
    ),
}


@pytest.mark.parametrize(("data", "says"), BAD.values(), ids=BAD)
def test_a_file_that_is_no_saved_plan_is_named_with_the_reason(data: bytes, says: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        parse_plan(data, "plan.json")
    assert str(caught.value) == says
    assert isinstance(caught.value, Refused) == says.startswith("plan-edited")
    assert caught.value.diagnostics[0].help


def test_a_plan_of_a_newer_stackfile_names_the_version_to_install() -> None:
    def newer(document: Any) -> None:
        document["stackfile"].update(saved_version=9, version="4.2.0")

    with pytest.raises(DiagnosticError, match="plan-newer") as caught:
        parse_plan(edited(newer), "plan.json")
    assert caught.value.diagnostics[0].help == ("Install that one: pip install --upgrade 'stackfile>=4.2.0'",)


@dataclass(frozen=True)
class _Grown:
    old: int = 0
    new: str = ""


def test_a_field_without_a_form_is_found_when_the_tables_are_made() -> None:
    with pytest.raises(TypeError, match=r"_Grown: no form for \['new'\]"):
        table(_Grown, {"old": PLAIN})
    assert table(_Grown, {"old": PLAIN, "new": PLAIN}).read({"old": 3}) == _Grown(3)


@pytest.mark.parametrize("type_", [Plan, Change, FieldChange])
def test_what_has_a_default_may_be_missing_in_a_file(type_: type) -> None:
    """So a file made before a field was there is read after it."""
    forms: dict[type, Any] = {Plan: PLAN, Change: CHANGE, FieldChange: FIELD}
    form = forms[type_]
    must = {
        Plan: {"stack": "s", "env": "e", "lineage": "l", "serial": 1},
        FieldChange: {"path": [], "before": 1, "after": 2},
    }
    must[Change] = dict.fromkeys(("provider", "service", "section", "kind", "name"), "x")
    must[Change] |= {"address": "streams.s", "action": "create"}
    assert form.write(form.read(must[type_])) == must[type_]
    assert {one.name for one in fields(type_)} >= must[type_].keys()


def test_digests_are_the_same_whenever_they_are_taken_and_hold_for_needs_too() -> None:
    before = "streams: {s: {}}\npipelines: {p: {source: streams.s, text: a}}"
    after = before.replace("text: a", "text: b")
    world = World.applied(before)
    from stackfile.plan.known import Known
    from tests.unit.plan.world import CATALOG

    plan = world.make_plan(after, Question())
    known = Known(world.state, world.observed, CATALOG)
    first, second = (checks_of(plan, known, configured(after), world.seal) for _ in range(2))
    assert first == second
    assert [str(address) for address in first] == ["pipelines.p", "streams.s"]
