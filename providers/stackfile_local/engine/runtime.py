"""What the operators of the expression language do where generated code leaves its fast path. Values are JSON."""

from __future__ import annotations

from typing import Any, NoReturn

from stackfile.errors import StackError
from stackfile.portable.syntax import MAX_INT, MIN_INT

MAX_RESULT_TEXT = 1 << 20
"""Characters of a text that an operator or function makes longer than what it was given."""
MAX_RESULT_ITEMS = 100_000
"""Items of a list that an operator or function makes."""

Odd = list[int]
"""Places of comparisons that were false because their two sides are of different kinds."""

_NUMBERS = frozenset((int, float))
_ORDERED = frozenset((int, float, str))
NOT_FINITE = "the result is not a finite number"
_KIND_WORDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a map"}


class Failed(StackError):
    """An event cannot be evaluated. The text is the reason: one line that holds nothing of the event."""


FAILURES = (Failed, OverflowError)
"""What evaluation raises. Python overflows where a whole number of hundreds of digits meets a float."""


def reason(failure: Exception) -> str:
    return str(failure) if isinstance(failure, Failed) else NOT_FINITE


def kind_word(value: object) -> str:
    return _KIND_WORDS.get(type(value), "null")


def add(left: Any, right: Any) -> Any:
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        result = left + right
        return result if type(result) is float and result - result == 0.0 else number(result)
    if type(left) is str and type(right) is str:
        return bounded_text(left + right)
    if type(left) is list and type(right) is list:
        return bounded_list(left + right)
    return _null("+", left, right, "two numbers, two texts or two lists")


def subtract(left: Any, right: Any) -> Any:
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        result = left - right
        return result if type(result) is float and result - result == 0.0 else number(result)
    return _null("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        result = left * right
        return result if type(result) is float and result - result == 0.0 else number(result)
    return _null("*", left, right)


def divide(left: Any, right: Any) -> Any:
    """Always a float: 3 / 2 is 1.5."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        if right == 0:
            raise Failed("division by zero")
        return number(left / right)
    return _null("/", left, right)


def remainder(left: Any, right: Any) -> Any:
    """With the sign of the left: -7 % 3 is -1."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        if right == 0:
            raise Failed("division by zero")
        rest = abs(left) % abs(right)
        return number(-rest if left < 0 else rest)
    return _null("%", left, right)


def negate(value: Any) -> Any:
    if type(value) in _NUMBERS:
        return number(-value)
    if value is None:
        return None
    raise Failed(f"`-` takes a number, got {kind_word(value)}")


def number(result: Any) -> Any:
    """The number, if it is one that an event may hold: within 64 bits, or finite."""
    if type(result) is int:
        if MIN_INT <= result <= MAX_INT:
            return result
        raise Failed("the result does not fit 64 bits")
    if result - result == 0.0:  # false for infinities and for what is not a number
        return result
    raise Failed(NOT_FINITE)


def _null(operator: str, left: Any, right: Any, takes: str = "two numbers") -> None:
    """Null where one side is; otherwise the sides are of the wrong kinds."""
    if left is not None and right is not None:
        raise Failed(f"`{operator}` takes {takes}, got {kind_word(left)} and {kind_word(right)}")


def bounded_text(text: str) -> str:
    if len(text) > MAX_RESULT_TEXT:
        raise Failed(f"the result is longer than {MAX_RESULT_TEXT:,} characters")
    return text


def bounded_list(items: list[Any]) -> list[Any]:
    if len(items) > MAX_RESULT_ITEMS:
        raise Failed(f"the result has more than {MAX_RESULT_ITEMS:,} items")
    return items


def less(left: Any, right: Any, odd: Odd, place: int) -> bool:
    return _ordered(left, right, odd, place) and bool(left < right)


def less_or_equal(left: Any, right: Any, odd: Odd, place: int) -> bool:
    return _ordered(left, right, odd, place) and bool(left <= right)


def greater(left: Any, right: Any, odd: Odd, place: int) -> bool:
    return _ordered(left, right, odd, place) and bool(left > right)


def greater_or_equal(left: Any, right: Any, odd: Odd, place: int) -> bool:
    return _ordered(left, right, odd, place) and bool(left >= right)


def _ordered(left: Any, right: Any, odd: Odd, place: int) -> bool:
    one, other = type(left), type(right)
    if (one is other and one in _ORDERED) or (one in _NUMBERS and other in _NUMBERS):
        return True
    if left is not None and right is not None:
        odd.append(place)
    return False


def equal(left: Any, right: Any) -> bool:
    """As JSON values are equal: 1 is 1.0, true is not 1, lists and maps by what they hold."""
    try:
        return _equal(left, right)
    except RecursionError as error:
        raise Failed("the values are nested too deeply to compare") from error


def _equal(left: Any, right: Any) -> bool:
    kind, other = type(left), type(right)
    if kind is not other:
        return kind in _NUMBERS and other in _NUMBERS and bool(left == right)
    if kind is list:
        return len(left) == len(right) and all(map(_equal, left, right))
    if kind is dict:
        return len(left) == len(right) and all(name in right and _equal(left[name], right[name]) for name in left)
    return bool(left == right)


def member(item: Any, holder: Any, odd: Odd, place: int) -> bool:
    """An item of a list, a name in a map, a part of a text."""
    kind = type(holder)
    if kind is list:
        return any(equal(item, each) for each in holder)
    if kind in (dict, str) and type(item) is str:
        return item in holder
    if item is not None and holder is not None:
        odd.append(place)
    return False


def truth(value: Any, by: str) -> bool:
    """False for false and null. True is asked for before the call; whatever else this is fails."""
    if value is None or value is False:
        return False
    raise Failed(f"{by} takes true or false, got {kind_word(value)}")


def item(holder: Any, index: Any) -> Any:
    if type(holder) is list and type(index) is int:
        return holder[index] if -len(holder) <= index < len(holder) else None
    if type(holder) is dict and type(index) is str:
        return holder.get(index)
    return None


def has_item(holder: Any, index: Any) -> bool:
    if type(holder) is list and type(index) is int:
        return -len(holder) <= index < len(holder)
    return type(holder) is dict and type(index) is str and index in holder


def fresh(holder: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    """A map to write to in place of what `holder` has under a name: a copy of it, or an empty one."""
    inner = holder.get(name)
    if type(inner) is dict:
        return dict(inner)
    if inner is None:
        return {}
    raise Failed(f"`{path}` is {kind_word(inner)}, so that it has no fields to set")


def no_map(value: Any, by: str) -> NoReturn:
    raise Failed(f"{by} takes a value that is a map, got {kind_word(value)}")


def check_size(value: Any) -> None:
    """Fails for a value whose text would be many times longer than what it was made from."""
    left = 4 * MAX_RESULT_TEXT
    stack = [value]
    while stack and left > 0:
        each = stack.pop()
        if type(each) not in (str, list, dict):
            continue
        left -= len(each)
        if type(each) is dict:
            left -= sum(map(len, each))
            stack.extend(each.values())
        elif type(each) is list and left > 0:
            stack.extend(each)
    if left <= 0:
        raise Failed("the value has grown too large")
