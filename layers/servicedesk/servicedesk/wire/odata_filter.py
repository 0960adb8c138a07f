"""``$filter`` as a condition on tasks (contract rule 8.4).

The package odata-query reads the text. What a filter may say and what it means is decided here, by OData Version 4.01
Part 2 (URL Conventions) section 5.1.1: names of operators and functions in any case, texts compared character by
character, and ``null`` as unknown in ``and``, ``or``, ``not`` and the functions. As in the original, ``ge`` and ``le``
are false where an operand is null.

Import this only to read a filter: importing odata-query takes as long as a small request.
"""

import copy
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, NoReturn

from odata_query import ast, exceptions
from odata_query.grammar import ODataLexer, ODataParser
from sly.lex import Token

from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.kinds import BOOLEAN, DATE, GUID, INTEGER, TEXT, Kind, read_bound
from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_query import Order, Range, TaskFilter
from servicedesk.wire.problems import INVALID_PARAMETER, Problem, shown_name

CHARACTERS = 8192
"""The longest filter. API Gateway takes no more than 10,240 bytes of request line and headers."""

DEPTH = 100
"""How deep parentheses, functions and operators can be nested, so that no filter exhausts Python's stack."""

LISTED = 500
"""The most values that can stand after ``in``."""

CALLS = 100
"""The most functions in a filter. Each reads a whole text of the task, and a remark can have 262,144 bytes."""

_SUPPORTED = (
    "supported are eq, ne, gt, ge, lt, le, in, and, or, not, parentheses, null, "
    "and the functions contains, endswith, startswith and tolower"
)
_TESTS_OF_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "endswith": str.endswith,
    "startswith": str.startswith,
}
_FUNCTIONS = {*_TESTS_OF_TEXTS, "tolower"}
_COMPARISONS: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_EQUALITIES = (operator.eq, operator.ne)
_MIRRORED = {
    operator.gt: operator.lt,
    operator.ge: operator.le,
    operator.lt: operator.gt,
    operator.le: operator.ge,
}
_UNSUPPORTED_TOKENS = {
    **{name: f"the operator {name.lower()}" for name in ("ADD", "SUB", "MUL", "DIV", "MOD", "ANY", "ALL")},
    "UMINUS": "the operator -",
    "DECIMAL": "a decimal number",
    "DURATION": "a duration",
    "GEOGRAPHY": "a geography",
    "TIME": "a time without a date",
    "/": "a path with /",
    ":": "a colon",
    "=": "an equals sign",
}
_LITERALS = {
    ast.Null: "null",
    ast.Boolean: "the boolean",
    ast.Date: "the date",
    ast.DateTime: "the date",
    ast.GUID: "the GUID",
    ast.Integer: "the number",
    ast.String: "the text",
}
"""The literals that are read, as sentences call them."""

_LITERALS_OF_KINDS: Mapping[str, tuple[type, ...]] = {
    GUID.name: (ast.GUID, ast.String),
    DATE.name: (ast.Date, ast.DateTime, ast.String),
    TEXT.name: (ast.String,),
    BOOLEAN.name: (ast.Boolean,),
    INTEGER.name: (ast.Integer,),
}
"""How the values of a kind can be written: GUIDs and dates also in quotes, as the original documents them."""

type _Value = str | int | None
type _Evaluate = Callable[[Task], Any]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a condition implies of the fields that lists are indexed by. It can be wider than the condition."""

    archived: bool | None = None
    numbers: Range[int] = field(default_factory=Range)
    changes: Range[str] = field(default_factory=Range)

    def both(self, other: "_Bounds") -> "_Bounds":
        """Return what two conditions imply that both hold."""
        archived = other.archived if self.archived is None else self.archived
        return _Bounds(archived, _overlap(self.numbers, other.numbers), _overlap(self.changes, other.changes))


@dataclass(frozen=True, slots=True)
class _Operand:
    """A part of a filter that has a value for each task.

    Attributes:
        kind: the kind of its values.
        name: what sentences call it; for a field, the field's name.
        evaluate: returns the value that it has for a task, ``None`` for null.
        implied: what follows where it is true.
        denied: what follows where it is false.
    """

    kind: Kind
    name: str
    evaluate: _Evaluate
    implied: _Bounds = field(default_factory=_Bounds)
    denied: _Bounds = field(default_factory=_Bounds)


def read(text: str) -> TaskFilter:
    """Return the condition that ``text``, the value of ``$filter``, says.

    Names of fields match in any case (rule 3.5). In ``eq``, ``ne`` and ``in`` the original's values for "unset" (rule
    3.6) and the empty text mean null, except ``false``, which is a value of its own. In ``gt``, ``ge``, ``lt`` and
    ``le`` they mean themselves: ``due_date gt 1980-01-01`` finds each task that is due, as the original finds it.

    Raises:
        Problem: ``invalid-parameter``, if the text is longer than ``CHARACTERS``, cannot be read, is nested deeper than
            ``DEPTH``, lists more than ``LISTED`` values, has more than ``CALLS`` functions, or says something that is
            not supported.
    """
    if len(text) > CHARACTERS:
        _refuse(f"is longer than {CHARACTERS} characters.")
    condition = _condition(_parse(text.strip()), 1)
    bounds = condition.implied
    return TaskFilter(lambda task: condition.evaluate(task) is True, bounds.archived, bounds.numbers, bounds.changes)


def _refuse(detail: str) -> NoReturn:
    raise Problem(INVALID_PARAMETER, f"The query option $filter {detail}")


def _parse(text: str) -> ast._Node:
    def refuse(token: Token) -> NoReturn:
        _refuse(f"cannot be read at {_place(token, text)}.")

    lexer = ODataLexer()
    # odata-query's own handler asks such a token for its end, and sly 0.5 gives it none.
    lexer.error = refuse  # type: ignore[method-assign]
    try:
        parsed: ast._Node = ODataParser().parse(_adapt(lexer.tokenize(text), text))
    except exceptions.ParsingException as error:
        if error.eof:
            _refuse("ends too early.")
        refuse(error.token)
    except exceptions.ArgumentCountException as error:
        wrong = f"{error.n_args_given} instead of {error.exp_min_args}"
        _refuse(f"calls {error.function_name} with the wrong number of arguments, {wrong}.")
    return parsed


def _adapt(tokens: Iterable[Token], text: str) -> Iterator[Token]:
    """Yield the tokens as odata-query's grammar wants them, and refuse those that are not supported.

    That grammar does not know ``not(``, knows functions in lower case only, and reads a list of one value as a value in
    parentheses, unless a comma follows it.
    """
    depth = commas = calls = 0
    in_list = False
    for token, following in pairwise(chain(tokens, [None])):
        before_parenthesis = following is not None and following.type == "("
        if token.type in _UNSUPPORTED_TOKENS:
            _refuse(f"does not support {_UNSUPPORTED_TOKENS[token.type]}, at {_place(token, text)}; {_SUPPORTED}.")
        if token.type == "ODATA_IDENTIFIER" and before_parenthesis:
            _adapt_function(token)
            calls += token.type == "ODATA_IDENTIFIER"
            if calls > CALLS:
                _refuse(f"has more than {CALLS} functions.")
        elif token.type == "IN" and before_parenthesis:
            in_list = True
        elif token.type == ",":
            commas += 1
            if commas == LISTED:
                _refuse(f"lists more than {LISTED} values.")
        elif token.type == "(":
            depth += 1
            commas = 0
            if depth > DEPTH:
                _refuse(f"is nested deeper than {DEPTH} parentheses.")
        elif token.type == ")":
            depth -= 1
            if in_list and not commas:
                comma = copy.copy(token)
                comma.type = comma.value = ","
                yield comma
            in_list = False
        yield token


def _adapt_function(token: Token) -> None:
    """Turn a name before a parenthesis into what odata-query calls it, or refuse it."""
    name = _name(token.value)
    if name.lower() == "not":
        token.type, token.value = "NOT", ast.Not()
    elif name.lower() in _FUNCTIONS:
        token.value = ast.Identifier(name.lower())
    else:
        _refuse(f"does not support the function {shown_name(name)}; {_SUPPORTED}.")


def _place(token: Token, text: str) -> str:
    return f"character {token.index + 1}, {shown_name(text[token.index : token.index + 20].strip())}"


def _condition(node: ast._Node, depth: int) -> _Operand:
    """Return the operand that ``node`` is, which has to be true or false."""
    if isinstance(node, ast.Null):
        return _Operand(BOOLEAN, "null", lambda _: None)
    if isinstance(node, ast.Boolean):
        value = node.py_val
        return _Operand(BOOLEAN, node.val, lambda _: value)
    operand = _operand(node, depth)
    if operand.kind is not BOOLEAN:
        _refuse(f"has {operand.name} as a condition; its type is {operand.kind.name}, so it has to be compared.")
    return operand


def _operand(node: ast._Node, depth: int) -> _Operand:
    """Return the operand that ``node`` is."""
    if depth > DEPTH:
        _refuse(f"is nested deeper than {DEPTH} operators.")
    match node:
        case ast.Identifier():
            return _field(_name(node))
        case ast.BoolOp():
            return _junction(node, depth)
        case ast.UnaryOp(op=ast.Not()):
            return _negation(_condition(node.operand, depth + 1))
        case ast.Compare(comparator=ast.In()):
            return _membership(node, depth)
        case ast.Compare():
            return _comparison(node, depth)
        case ast.Call():
            return _call(node, depth)
        case ast.List():
            _refuse("has a list where none can be; a list stands after in.")
        case _:
            _refuse(f"has {_shown(node)} where a field or a condition has to be.")


def _field(name: str) -> _Operand:
    known = FIELDS.get(name.lower())
    if known is None:
        _refuse(f"names {shown_name(name)}, which is no field of a task.")
    evaluate = operator.attrgetter(known.name)
    if known.name == "archived":
        return _Operand(known.kind, known.name, evaluate, _Bounds(archived=True), _Bounds(archived=False))
    return _Operand(known.kind, known.name, evaluate)


def _junction(node: ast.BoolOp, depth: int) -> _Operand:
    """Return the conjunction or disjunction that a chain of ``and`` or of ``or`` is, of whatever length."""
    rights: list[ast._Node] = []
    left: ast._Node = node
    while isinstance(left, ast.BoolOp) and left.op == node.op:
        rights.append(left.right)
        left = left.left
    conditions = [_condition(part, depth + 1) for part in (left, *reversed(rights))]
    evaluates = [condition.evaluate for condition in conditions]
    decisive = isinstance(node.op, ast.Or)

    def evaluate(task: Task) -> bool | None:
        result: bool | None = not decisive
        for part in evaluates:
            value: bool | None = part(task)
            if value is decisive:
                return decisive
            if value is None:
                result = None
        return result

    implied = _Bounds()
    if not decisive:
        for condition in conditions:
            implied = implied.both(condition.implied)
    return _Operand(BOOLEAN, "a condition", evaluate, implied)


def _negation(condition: _Operand) -> _Operand:
    def evaluate(task: Task) -> bool | None:
        value = condition.evaluate(task)
        return None if value is None else not value

    return _Operand(BOOLEAN, "a condition", evaluate, condition.denied, condition.implied)


def _membership(node: ast.Compare, depth: int) -> _Operand:
    if type(node.left) in _LITERALS:
        _refuse(f"has {_shown(node.left)} before in, where a field has to be.")
    operand = _operand(node.left, depth + 1)
    listed: Sequence[ast._Node] = node.right.val  # type: ignore[attr-defined] # the grammar has nothing but a list here
    values = {_literal_or_null(value, operand.kind, operand.name) for value in listed}
    known = [value for value in values if value is not None]
    implied = _Bounds() if None in values else _between(operand.name, min(known), max(known))
    return _Operand(BOOLEAN, "a condition", lambda task: operand.evaluate(task) in values, implied)


def _comparison(node: ast.Compare, depth: int) -> _Operand:
    left, right = node.left, node.right
    test = _COMPARISONS[type(node.comparator)]
    if type(left) in _LITERALS:
        left, right, test = right, left, _MIRRORED.get(test, test)
    if type(left) in _LITERALS:
        _refuse(f"compares {_shown(node.left)} with {_shown(node.right)}; one of them has to be a field.")
    operand = _operand(left, depth + 1)
    if type(right) not in _LITERALS:
        other = _operand(right, depth + 1)
        if other.kind is not operand.kind:
            _refuse(
                f"compares {operand.name}, whose type is {operand.kind.name}, "
                f"with {other.name}, whose type is {other.kind.name}."
            )
        return _Operand(BOOLEAN, "a condition", _compare(test, operand.evaluate, other.evaluate))
    read = _literal_or_null if test in _EQUALITIES else _literal
    value = read(right, operand.kind, operand.name)
    implied = _Bounds() if value is None else _implied(operand, test, value)
    return _Operand(BOOLEAN, "a condition", _compare(test, operand.evaluate, lambda _: value), implied)


def _compare(test: Callable[[Any, Any], bool], left: _Evaluate, right: _Evaluate) -> _Evaluate:
    if test in _EQUALITIES:
        return lambda task: test(left(task), right(task))

    def ordered(task: Task) -> bool:
        one, other = left(task), right(task)
        return one is not None and other is not None and test(one, other)

    return ordered


def _call(node: ast.Call, depth: int) -> _Operand:
    name = _name(node.func)
    arguments = [_text(argument, name, depth + 1) for argument in node.args]
    if name == "tolower":
        [text] = arguments

        def lower(task: Task) -> str | None:
            value = text(task)
            return None if value is None else value.lower()

        return _Operand(TEXT, "tolower", lower)
    test = _TESTS_OF_TEXTS[name]
    where, what = arguments

    def evaluate(task: Task) -> bool | None:
        whole, part = where(task), what(task)
        return None if whole is None or part is None else test(whole, part)

    return _Operand(BOOLEAN, name, evaluate)


def _text(node: ast._Node, function: str, depth: int) -> _Evaluate:
    """Return what evaluates an argument of ``function``, all of whose arguments are texts."""
    if type(node) in _LITERALS:
        if not isinstance(node, ast.String):
            _refuse(f"gives {_shown(node)} to {function}, which takes texts.")
        value = _literal(node, TEXT, function)
        return lambda _: value
    operand = _operand(node, depth)
    if operand.kind is not TEXT:
        _refuse(f"gives {operand.name}, whose type is {operand.kind.name}, to {function}, which takes texts.")
    return operand.evaluate


def _literal(node: ast._Node, kind: Kind, name: str) -> _Value:
    """Return the canonical value of a literal that ``name``, of that kind, is less or greater than."""
    if isinstance(node, ast.Null):
        return None
    comparison = f"compares {name}, whose type is {kind.name}, with {_shown(node)}"
    if not isinstance(node, _LITERALS_OF_KINDS[kind.name]):
        _refuse(f"{comparison}.")
    try:
        text = read_bound(kind, node.val)  # type: ignore[attr-defined]
    except InvalidValueError as error:
        _refuse(f"{comparison}. {error.detail}")
    if kind is BOOLEAN:
        return text == "true"
    return int(text) if kind is INTEGER else text


def _literal_or_null(node: ast._Node, kind: Kind, name: str) -> _Value:
    """Return the canonical value of a literal, ``None`` where it is one of the values for "unset"."""
    if type(node) not in _LITERALS:
        _refuse("has something else than values in the list after in.")
    value = _literal(node, kind, name)
    return None if value is None or (kind is not BOOLEAN and kind.is_unset(node.val)) else value  # type: ignore[attr-defined]


def _shown(node: ast._Node) -> str:
    words = _LITERALS[type(node)]
    return f"{words} {shown_name(node.val)}" if hasattr(node, "val") else words


def _name(identifier: ast.Identifier) -> str:
    return ".".join((*identifier.namespace, identifier.name))


def _implied(operand: _Operand, test: Callable[[Any, Any], bool], value: str | int) -> _Bounds:
    """Return what follows where ``operand`` compares so with ``value``."""
    if isinstance(value, bool):
        if test not in _EQUALITIES:
            return _Bounds()
        return operand.implied if value is (test is operator.eq) else operand.denied
    low = value if test in (operator.eq, operator.gt, operator.ge) else None
    high = value if test in (operator.eq, operator.lt, operator.le) else None
    return _between(operand.name, low, high)


def _between(name: str, low: Any, high: Any) -> _Bounds:
    """Return what follows where the field has a value from ``low`` to ``high``."""
    if name == Order.NUMBER:
        return _Bounds(numbers=Range(low, high))
    if name == Order.CHANGE:
        return _Bounds(changes=Range(low, high))
    return _Bounds()


def _overlap[Value: (int, str)](one: Range[Value], other: Range[Value]) -> Range[Value]:
    """Return the values that are in both ranges, or one value where there is none: no range is ever empty."""
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    low = max(lows, default=None)
    high = min(highs, default=None)
    if low is not None and high is not None and low > high:
        high = low
    return Range(low, high)
