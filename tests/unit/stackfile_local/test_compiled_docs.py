"""docs/expressions.md, read as the tests that it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackfile.portable.expression import parse_expression
from stackfile.portable.functions import FUNCTIONS
from stackfile.portable.operations import MAX_OPERATIONS, parse_operations
from stackfile.portable.reading import MAX_FIELDS
from stackfile.portable.syntax import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, MAX_TRIES, ROOTS, ExpressionError
from stackfile_local.engine.compiled import Event, Failed, compile_chain, compile_expression
from stackfile_local.engine.runtime import MAX_RESULT_ITEMS, MAX_RESULT_TEXT

PAGE = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
CELLS = re.compile(r"(?<!\\)\|")


def table(first: str, last: str) -> Iterator[tuple[str, str, str]]:
    """The rows of all tables that have these columns, without the marks of code."""
    inside = False
    for line in PAGE.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in CELLS.split(line)[1:-1]]
        if cells == [first, "value", last]:
            inside = True
        elif not cells:
            inside = False
        elif inside and set(cells) != {"---"}:
            asked, value, answer = cells
            yield asked.strip("`"), value.strip("`"), answer


def event(value: str) -> Event:
    return ("k", json.loads(value) if value else {}, None, 0, 0, 0)


def words(answer: str) -> str:
    """An answer as the page has it, code without its marks where it is all code."""
    return answer[1:-1] if re.fullmatch("`[^`]*`", answer) else answer


def printed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


EXPRESSIONS = list(table("expression", "gives"))
OPERATIONS = list(table("operation", "becomes"))


def test_the_page_has_its_tables() -> None:
    assert (len(EXPRESSIONS) > 60, len(OPERATIONS) > 10) == (True, True)


@pytest.mark.parametrize(("text", "value", "answer"), EXPRESSIONS)
def test_an_expression_gives_what_the_page_says(text: str, value: str, answer: str) -> None:
    try:
        found = printed(compile_expression(parse_expression(text))(event(value)))
    except ExpressionError as error:
        found = f"refused: {error.message}"
    except Failed as error:
        found = f"fails: {error}"
    assert found == words(answer)


@pytest.mark.parametrize(("text", "value", "answer"), OPERATIONS)
def test_an_operation_does_what_the_page_says(text: str, value: str, answer: str) -> None:
    output = compile_chain(parse_operations([yaml.safe_load(text)])).run([event(value)])
    found = [printed(changed) for _, changed, *_ in output.events]
    found += [f"fails: {reason.partition(': ')[2]}" for _, reason in output.failed]
    assert (found or ["gone"]) == [words(answer)]


def test_the_operations_at_the_top_are_operations() -> None:
    block, _ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    chain = compile_chain(parse_operations(yaml.safe_load(block)["pipelines"]["late_flights"]["operations"]))
    flight = {"carrier": "ua", "origin": "EWR", "dest": "IAH", "dep_delay": 16, "air_time": 227}
    ((_, value, *_),) = chain.run([("k", flight, None, 0, 0, 0)]).events
    assert value == {
        "carrier": "UA", "origin": "EWR", "dest": "IAH", "minutes_late": 16, "hours": 3.8, "route": "EWR-IAH"
    }  # fmt: skip


def test_the_page_names_every_function_as_it_is_called() -> None:
    missing = [function.signature for function in FUNCTIONS.values() if f"`{function.signature}`" not in PAGE]
    assert missing == []


def test_the_page_names_every_part_of_an_event() -> None:
    assert [root for root in ROOTS if f"`{root}`" not in PAGE] == []


def test_the_page_has_the_limits() -> None:
    limits = (
        f"{MAX_TEXT:,} characters of source; {MAX_DEPTH} levels of nesting; {MAX_ITEMS:,} items of a list or operands "
        f"of an `and`; `try` within `try` {MAX_TRIES} times; {MAX_OPERATIONS} operations; {MAX_FIELDS:,} fields in one "
        f"of them. A text that an operator or function makes has at most {MAX_RESULT_TEXT:,} characters, a list "
        f"{MAX_RESULT_ITEMS:,} items."
    )
    assert limits in " ".join(PAGE.split())


def test_the_window_on_the_page_is_one() -> None:
    _, block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(parse_operations(yaml.safe_load(block)["operations"])) == 4
