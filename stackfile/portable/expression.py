"""Text to syntax tree: precedence climbing over the tokens, bounded in depth, with a way out in every error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import cast, get_args

from stackfile.portable.functions import FUNCTIONS
from stackfile.portable.kinds import check
from stackfile.portable.syntax import (
    MAX_DEPTH,
    MAX_INT,
    MAX_ITEMS,
    MAX_TRIES,
    MIN_INT,
    ROOTS,
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparator,
    Compare,
    Expression,
    ExpressionError,
    Field,
    Index,
    Items,
    Literal,
    Logic,
    Negate,
    Not,
    Range,
    Root,
    children,
)
from stackfile.portable.tokens import Token, tokens
from stackfile.spelling import closest

OR, AND, NOT, COMPARE, SUM, PRODUCT, PREFIX, POSTFIX = range(1, 9)
"""How tightly operators bind, loosest first."""

COMPARATORS: tuple[Comparator, ...] = get_args(Comparator)
_ARITHMETIC: Mapping[str, int] = MappingProxyType({"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "%": PRODUCT})
_LOGIC: Mapping[str, int] = MappingProxyType({"or": OR, "and": AND})
_SAME_AS: Mapping[str, str] = MappingProxyType({"||": "or", "&&": "and"})
_CONSTANTS: Mapping[str, None | bool] = MappingProxyType({"null": None, "true": True, "false": False})
_FEW_WORDS = min(MAX_DEPTH, 5 * MAX_TRIES)
"""With so many words or fewer nothing can nest too deeply."""
_WRONG_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "=": "to compare write ==",
        "**": "there is no power operator",
        "<>": "write !=",
        "&": "write and",
        "|": "write or; there are no pipes: lower(value.name)",
        "?": "write if(condition, a, b)",
    }
)


@lru_cache(maxsize=8192)  # a plan reads the same text many times: from the file, from the state, from the live system
def parse_expression(text: str) -> Expression:
    """The tree of an expression. Raises ExpressionError, also for what would fail for every event."""
    words = tokens(text)
    parser = _Parser(words)
    tree = parser.expression(OR)
    parser.expect_end()
    if len(words) > _FEW_WORDS:
        _check_size(tree)
    check(tree)
    return tree


class _Parser:
    """A cursor over the tokens. A node closes at the token before the cursor."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._next = 0
        self._word = words[0]
        self._depth = 0

    def _take(self, words: int = 1) -> Token:
        """The word here; the cursor goes beyond it, but not beyond the end."""
        word = self._word
        self._next = min(self._next + words, len(self._words) - 1)
        self._word = self._words[self._next]
        return word

    def _taken(self, sign: str) -> bool:
        if self._word.text == sign and self._word.kind == "sign":
            self._take()
            return True
        return False

    def _since(self, start: Token | Expression) -> Range:
        return (start.at[0], self._words[self._next - 1].at[1])

    def expect_end(self) -> None:
        word = self._word
        if word.kind == "end":
            return
        if word.text in (")", "]"):
            raise ExpressionError(f"`{word.text}` closes nothing", word.at)
        raise _misplaced(word, f"an operator is missing before `{word.text}`")

    def expression(self, loosest: int) -> Expression:
        """The longest expression from here whose operators bind at least so tightly."""
        self._depth += 1
        if self._depth > 2 * MAX_DEPTH:  # a pair of parentheses may stand around every node
            raise ExpressionError(f"nested deeper than {MAX_DEPTH} levels", self._word.at)
        left = self._prefix(loosest)
        while (binding := self._binding()) >= loosest:
            left = self._infix(left, binding)
        self._depth -= 1
        return left

    def _operator(self) -> str:
        word = self._word
        if word.kind not in ("sign", "name"):
            return ""
        following = self._words[min(self._next + 1, len(self._words) - 1)]
        if word.text == "not" and (following.kind, following.text) == ("name", "in"):
            return "not in"
        return _SAME_AS.get(word.text, word.text)

    def _binding(self) -> int:
        operator = self._operator()
        if operator in COMPARATORS:
            return COMPARE
        return _LOGIC.get(operator) or _ARITHMETIC.get(operator, 0)

    def _infix(self, left: Expression, binding: int) -> Expression:
        if binding in (OR, AND):
            return self._logic(left, binding)
        operator = self._operator()
        self._take(len(operator.split()))
        right = self.expression(binding + 1)
        if binding != COMPARE:
            return Arithmetic(cast(ArithmeticOperator, operator), left, right, self._since(left))
        if self._binding() == COMPARE:
            raise ExpressionError(
                "comparisons do not chain", self._word.at, "write a < b and b < c, or put one in parentheses"
            )
        return Compare(cast(Comparator, operator), left, right, self._since(left))

    def _logic(self, left: Expression, binding: int) -> Expression:
        operands = [left]
        while self._binding() == binding:
            self._take()
            operands.append(self.expression(binding + 1))
        return Logic("or" if binding == OR else "and", _few(operands), self._since(left))

    def _prefix(self, loosest: int) -> Expression:
        word = self._word
        if word.kind == "name" and word.text == "not":
            if loosest > NOT:
                raise ExpressionError("`not` needs parentheses here", word.at, "write (not ...)")
            self._take()
            return Not(self.expression(NOT), self._since(word))
        if self._taken("!"):
            return Not(self.expression(PREFIX), self._since(word))
        if self._taken("-"):
            if self._word.kind == "number":
                return self._postfix(self._number(-1, word))
            return Negate(self.expression(PREFIX), self._since(word))
        return self._postfix(self._primary())

    def _number(self, sign: int, start: Token) -> Literal:
        value = sign * cast(int | float, self._take().value)
        at = self._since(start)
        if isinstance(value, int) and not MIN_INT <= value <= MAX_INT:
            raise ExpressionError("a whole number has at most 64 bits", at, f"as a fraction: {value}.0")
        return Literal(value, at)

    def _primary(self) -> Expression:
        word = self._word
        if word.kind == "number":
            return self._number(1, word)
        self._take()
        if word.kind == "text":
            return Literal(word.value, word.at)
        if word.kind == "name":
            return self._call(word) if self._taken("(") else _name(word, self._dashed())
        if word.text == "(":
            inner = self.expression(OR)
            self._close(")", word)
            return inner
        if word.text == "[":
            return Items(self._list("]", word), self._since(word))
        raise _no_operand(word)

    def _call(self, word: Token) -> Call:
        if word.text not in FUNCTIONS:
            raise ExpressionError(f"there is no function `{word.text}`", word.at, *_near(word.text, tuple(FUNCTIONS)))
        function = FUNCTIONS[word.text]
        arguments = self._list(")", word)
        call = Call(word.text, arguments, self._since(word))
        if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
            raise ExpressionError(f"`{word.text}` takes other arguments: {function.signature}", call.at)
        return call

    def _dashed(self) -> str:
        """`user-id` where the name just taken stands behind a dash and another name, without a space; else nothing."""
        if self._next < 3:
            return ""
        first, dash, last = self._words[self._next - 3 : self._next]
        close = first.at[1] == dash.at[0] and dash.at[1] == last.at[0]
        return f"{first.text}-{last.text}" if close and first.kind == "name" and dash.text == "-" else ""

    def _list(self, close: str, opened: Token) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while not self._taken(close):
            if items and not self._taken(","):
                self._close(close, opened)
                break
            if items and self._taken(close):
                break
            items.append(self.expression(OR))
        return _few(items)

    def _close(self, close: str, opened: Token) -> None:
        word = self._word
        if self._taken(close):
            return
        if word.kind == "end":
            raise ExpressionError(f"`{close}` is missing", opened.at, unfinished=True)
        raise _misplaced(word, f"`{close}` or an operator is missing before `{word.text}`")

    def _postfix(self, target: Expression) -> Expression:
        while True:
            opened = self._word
            if self._taken("."):
                target = self._field(target)
            elif self._taken("["):
                index = self.expression(OR)
                self._close("]", opened)
                if isinstance(index, Literal) and isinstance(index.value, str):
                    target = Field(target, index.value, self._since(target))
                else:
                    target = Index(target, index, self._since(target))
            else:
                return target

    def _field(self, target: Expression) -> Expression:
        word = self._take()
        if word.kind != "name":
            help = (f"for an item write [{word.text}]",) if word.kind == "number" else ('or write ["name"]',)
            raise ExpressionError("the name of a field is missing after `.`", word.at, *help)
        if self._word.text == "(" and self._word.kind == "sign":
            raise ExpressionError(
                "a value has no methods; functions take it in parentheses, lower(value.name)", word.at
            )
        return Field(target, word.text, self._since(target))


def _name(word: Token, dashed: str) -> Expression:
    if word.text in ROOTS:
        return Root(word.text, word.at)
    if word.text in _CONSTANTS:
        return Literal(_CONSTANTS[word.text], word.at)
    if word.text in _LOGIC or word.text == "in":
        raise ExpressionError(f"a value is missing before `{word.text}`", word.at)
    if word.text in FUNCTIONS:
        raise ExpressionError(f"`{word.text}` is a function: {FUNCTIONS[word.text].signature}", word.at)
    help: tuple[str, ...] = _near(word.text, (*ROOTS, *_CONSTANTS))
    if dashed:
        help = (*help, f'if the field is called {dashed}, write value["{dashed}"]')
    raise ExpressionError(
        f"there is no name `{word.text}`", word.at, *help, f"a field: value.{word.text}", f"a text: '{word.text}'"
    )


def _no_operand(word: Token) -> ExpressionError:
    if word.kind == "end":
        if not word.at[0]:
            return ExpressionError("the expression is empty", word.at)
        return ExpressionError("a value is missing at the end", word.at, unfinished=True)
    return _misplaced(word, f"a value is missing before `{word.text}`")


def _misplaced(word: Token, message: str) -> ExpressionError:
    if word.kind == "sign" and word.text in _WRONG_SIGNS:
        return ExpressionError(f"`{word.text}` is no operator", word.at, _WRONG_SIGNS[word.text])
    return ExpressionError(message, word.at)


def _near(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    best = closest(word.lower(), names, 0.7)
    return (f"did you mean {best}?",) if best is not None else ()


def _few(nodes: list[Expression]) -> tuple[Expression, ...]:
    if len(nodes) > MAX_ITEMS:
        raise ExpressionError(f"more than {MAX_ITEMS:,} items", nodes[MAX_ITEMS].at)
    return tuple(nodes)


def _check_size(tree: Expression) -> None:
    """A long sum is a deep tree too, though it nests nothing in the text."""
    stack = [(tree, 1, 0)]
    while stack:
        node, depth, tries = stack.pop()
        if depth > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH} levels", node.at)
        if tries > MAX_TRIES:
            raise ExpressionError(f"`try` nested deeper than {MAX_TRIES} levels", node.at)
        caught = isinstance(node, Call) and node.function == "try"
        stack.extend(
            (child, depth + 1, tries + (caught and number == 0)) for number, child in enumerate(children(node))
        )
