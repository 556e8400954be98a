from __future__ import annotations

import pytest

from stackfile.portable.expression import parse_expression
from stackfile.portable.operations import Filter, Map
from stackfile_local.engine.compiled import Failed, compile_chain, compile_expression
from tests.unit.portable.case_table import Case, cases

CASES = [case for case in cases() if case.outcome != "refused"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_compiled_expression_does_what_the_table_says(case: Case) -> None:
    evaluate = compile_expression(parse_expression(case.expr))
    if case.outcome == "fails":
        with pytest.raises(Failed) as failed:
            evaluate(case.event)
        assert case.expected in str(failed.value)
    else:
        assert repr(evaluate(case.event)) == repr(case.expected)


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case.event[1], dict)], ids=str)
def test_compiled_map_does_what_the_table_says(case: Case) -> None:
    output = compile_chain([Map(((("the result",), parse_expression(case.expr)),))]).run([case.event])
    if case.outcome == "fails":
        ((number, reason),) = output.failed
        assert (number, output.events) == (0, [])
        assert reason.startswith('operations[0].map["the result"]: ')
        assert case.expected in reason
    else:
        ((_, value, *_),) = output.events
        assert repr(value) == repr({**case.event[1], "the result": case.expected})


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case.expected, bool)], ids=str)
def test_compiled_filter_keeps_what_is_true_in_the_table(case: Case) -> None:
    output = compile_chain([Filter(parse_expression(case.expr))]).run([case.event])
    assert output.events == ([case.event] if case.expected else [])
    assert output.failed == []
