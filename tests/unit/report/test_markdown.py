"""The comment of a pull request: as it reads, within its size, and harmless whatever is in the plan."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackfile.plan.plan import Action, Missing, OutputChange, Plan, Reason, Skipped
from stackfile.report.change_text import Notes
from stackfile.report.markdown import MARKER, MOST_BYTES, Around, plan_markdown
from stackfile.report.markdown_text import APART, code, prose
from stackfile.sdk.traits import Impact
from tests.laws.test_report_laws import SECRET, notes, plans
from tests.unit.report.orders import (
    NEW_SECRET,
    OLD_SECRET,
    ORDERS_PG,
    REFUNDS,
    change,
    expected,
    field,
    orders_notes,
    orders_plan,
    plan_of,
)

OWN_TAGS = re.compile(r"</?(?:details|summary|code)>|<!-- stackfile: pr -->")
TABLE = re.compile(r"\|.*\|\Z")


def test_the_whole_comment_of_orders_reads_as_expected() -> None:
    text = plan_markdown(orders_plan(), Around(orders_notes(), "5a7704e"))
    assert text == expected("orders.md")
    assert OLD_SECRET not in text
    assert NEW_SECRET not in text


def test_an_empty_plan_is_short() -> None:
    assert (
        plan_markdown(plan_of(unchanged=3))
        == """\
<!-- stackfile: pr -->
### stack plan: no changes

| stack | env | create | update | replace | delete | data impact | drift |
|---|---|--:|--:|--:|--:|---|--:|
| `orders` | default | 0 | 0 | 0 | 0 | none | 0 |

Plan, state serial 3. No secret is in this comment.
"""
    )


DECISIONS = {
    "a delete": (
        plan_of(change(REFUNDS, Action.DELETE, impact=Impact.DATA_LOSS, impact_says=("3 events are deleted.",))),
        ":red_circle: `pipelines.refunds` is **deleted**. 3 events are deleted.",
    ),
    "what reads everything again": (
        plan_of(change(REFUNDS, Action.UPDATE, impact=Impact.REPROCESS)),
        ":orange_circle: `pipelines.refunds`: reprocess",
    ),
    "what was lost": (
        plan_of(change(REFUNDS, Action.CREATE, reason=Reason.LOST)),
        ":yellow_circle: `pipelines.refunds` was deleted outside the stackfile: this apply makes it again.",
    ),
    "a provider that is silent": (
        plan_of(skipped=(Skipped("eu", "connection refused", (REFUNDS,)),)),
        ":red_circle: eu was not read: connection refused; 1 resource of it left out.",
    ),
    "much that is gone at once": (
        plan_of(missing=(Missing("eu", "streams", "stream", 12, 15),)),
        ":red_circle: 12 of 15 streams of eu are gone at once.",
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_reviewer_is_told_of(name: str) -> None:
    plan, says = DECISIONS[name]
    assert f"**To decide**\n\n- {says}\n" in plan_markdown(plan)


def test_what_needs_no_decision_is_not_above_the_fold() -> None:
    harmless = plan_of(change(ORDERS_PG, Action.UPDATE, fields=(field(("a",), 1, 2),), impact=Impact.RESTART))
    text = plan_markdown(harmless)
    assert "To decide" not in text
    assert "### stack plan: 1 update · :yellow_circle: restart in 1 place" in text


def test_only_outputs_change() -> None:
    assert "### stack plan: only outputs change\n" in plan_markdown(plan_of(outputs=(OutputChange("a", 1, 2),)))


@pytest.mark.parametrize("number", [200, 3000])
def test_a_large_plan_keeps_what_loses_most_and_counts_the_rest(number: int) -> None:
    many = [
        change(replace(REFUNDS, key=f"p{n:05}"), Action.CREATE, desired={"text": "表" * 300, "n": n})
        for n in range(number)
    ]
    worst = change(ORDERS_PG, Action.DELETE, impact=Impact.DATA_LOSS, live={"a": 1})
    text = plan_markdown(plan_of(*many, worst))
    assert MOST_BYTES // 2 < len(text.encode()) <= MOST_BYTES
    assert "| - | `sources.orders_pg` | deleted | **data loss** |" in text
    assert "\n-   sources.orders_pg\n-     a: 1\n" in text
    assert re.search(r"\n[\d,]+ more changes are not shown here: see the plan itself\.\n", text)
    check(text)


def test_text_of_others_stays_text() -> None:
    assert prose("@ana see #12, <b>x</b> [a](http://x) `c` a|b") == (
        f"@{APART}ana see #{APART}12, &#60;b&#62;x&#60;/b&#62; &#91;a&#93;(http://{APART}x) &#96;c&#96; a&#124;b"
    )
    assert code("a`b|c") == "<code>a&#96;b&#124;c</code>"
    assert code("@ana") == f"<code>@{APART}ana</code>"
    assert code('streams.a["x"]') == '<code>streams.a&#91;"x"&#93;</code>'
    assert prose("x" * 1000, 10) == "xxxxxxx..."


@given(plans, notes, st.text(max_size=20))
def test_whatever_is_in_a_plan_breaks_nothing_and_calls_nobody(plan: Plan, some: Notes, commit: str) -> None:
    text = plan_markdown(plan, Around(some, commit))
    assert len(text.encode()) <= MOST_BYTES
    assert SECRET not in text
    check(text)


def check(text: str) -> None:
    """Reads the comment as GitHub would, as far as it matters."""
    lines = text.splitlines()
    assert text.splitlines() == text.split("\n")[:-1]
    assert lines[0] == MARKER
    assert lines[1].startswith("### stack plan: ")
    fence, columns, plain = "", 0, []
    for line in lines:
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("diff")
        else:
            plain.append(line)
            columns = row(line, columns)
    assert not fence
    outside = "\n".join(plain)
    assert outside.count("<details>") == outside.count("</details>")
    assert outside.count("<code>") == outside.count("</code>")
    assert "<" not in OWN_TAGS.sub("", outside)
    assert outside.count("@") == outside.count(f"@{APART}")


def row(line: str, columns: int) -> int:
    """The columns of the table that the line is in; a row must have as many as its table."""
    if not TABLE.match(line):
        return 0
    cells = line.count("|") - 1
    assert columns in (0, cells)
    return cells
