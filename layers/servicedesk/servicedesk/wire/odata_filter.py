"""``$filter`` as a condition on tasks (contract rule 8.4).

The semantics are those of OData 4.01 Part 2 (URL Conventions) section 5.1.1: names of operators and functions in any
case, texts compared character by character, and ``null`` as unknown in ``and``, ``or``, ``not`` and functions. As in
the original, ``ge`` and ``le`` are false if an operand is null.

The parser is our own, because the contract needs little of OData: a library for all of it (odata-query) took 60 ms to
import and 85 lines to refuse the rest. A test compares the two. It is a precedence-climbing parser in one pass; an
operator is a row of ``_OPERATORS``, and a function one of ``_FUNCTIONS``.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NoReturn

from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.kinds import BOOLEAN, DATE, GUID, INTEGER, TEXT, Kind, read_bound
from servicedesk.domain.task import FIELDS, INDEXED_REFERENCES, Task
from servicedesk.domain.task_query import Order, Range, TaskFilter
from servicedesk.wire.problems import INVALID_PARAMETER, Problem, shown_name

CHARACTERS = 8192
"""The longest filter. API Gateway's limit for request line and headers is 10,240 bytes."""

DEPTH = 200
"""The deepest nesting of parentheses, functions and operators, so that no filter exhausts Python's stack."""

LISTED = 500
"""The most values after ``in``."""

CALLS = 100
"""The most functions in a filter. Each reads a whole text of the task, and a remark can have 262,144 bytes."""

_TOKEN = re.compile(
    r"\s*+(?:(?P<mark>[(),])|(?P<text>'(?:[^']++|'')*+')|(?P<word>[^\s(),']++)|(?P<end>\Z)|(?P<quote>'))"
)
_LITERAL = re.compile(
    r"(?P<GUID>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt].*+)?)"
    r"|(?P<number>[+-]?[0-9]++)"
)
_NAME = re.compile(r"[^\W\d][\w.]*+")
_NAMED_LITERALS = {"null": "null", "true": "boolean", "false": "boolean"}
_PLUS = "A + in an address means a space; send the + of an offset as %2B."
_LOST_PLUS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]++ [0-9]{2}(?::?[0-9]{2})?")
_LITERALS_OF_KINDS: Mapping[str, Sequence[str]] = {
    GUID.name: ("GUID", "text"),
    DATE.name: ("date", "text"),
    TEXT.name: ("text",),
    BOOLEAN.name: ("boolean",),
    INTEGER.name: ("number",),
}
"""The literals of each kind: GUIDs and dates also in quotes, as the original documents them."""

type _Value = str | int | None
type _Evaluate = Callable[[Any], Any]
"""A function from a task, or an entry of the catalogue, to a value."""

type _Test = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds of the indexed fields that follow from a condition. They can be wider than the condition."""

    archived: bool | None = None
    numbers: Range[int] = field(default_factory=Range)
    changes: Range[str] = field(default_factory=Range)
    references: Mapping[str, str] = field(default_factory=dict)

    def both(self, other: "_Bounds") -> "_Bounds":
        """Return the bounds if both conditions hold."""
        archived = other.archived if self.archived is None else self.archived
        return _Bounds(
            archived,
            _overlap(self.numbers, other.numbers),
            _overlap(self.changes, other.changes),
            {**other.references, **self.references},
        )


_ANYWHERE = _Bounds()
_NOWHERE = _Bounds(numbers=Range(0, 0))
"""The bounds of a condition that no task meets: no task has the number 0."""


@dataclass(frozen=True, slots=True)
class _Literal:
    """A literal; ``kind`` is its type in messages: null, boolean, number, date, GUID or text."""

    kind: str
    text: str

    def __str__(self) -> str:
        return "null" if self.kind == "null" else f"the {self.kind} {shown_name(self.text)}"


@dataclass(frozen=True, slots=True)
class _Operand:
    """A part of a filter that has a value for each task.

    Attributes:
        kind: the kind of its values.
        name: its name in messages; for a field, the field's name.
        evaluate: returns its value for a task, ``None`` for null.
        implied: the bounds if it is true.
        denied: the bounds if it is false.
        height: the depth of nested operators and functions.
    """

    kind: Kind
    name: str
    evaluate: _Evaluate
    implied: _Bounds = _ANYWHERE
    denied: _Bounds = _ANYWHERE
    height: int = 0


type _Part = _Literal | _Operand


@dataclass(frozen=True, slots=True)
class _Operator:
    """An operator.

    Attributes:
        binding: how tightly it binds (OData Part 2 section 5.1.1.16).
        build: combines its operands into one.
        form: the position of the operands: one ``behind`` it, two ``around`` it, a ``chain`` of them with the operator
            repeated in between, or one before it and a ``list`` behind.
    """

    binding: int
    build: Callable[..., _Operand]
    form: str = "around"


def read(text: str) -> TaskFilter:
    """Parse ``text``, the value of ``$filter``.

    Names of fields match in any case (rule 3.5). In ``eq``, ``ne`` and ``in`` the original's values for "unset" (rule
    3.6) and the empty text mean null, except ``false``, which is a value of its own. In ``gt``, ``ge``, ``lt`` and
    ``le`` they mean themselves: ``due_date gt 1980-01-01`` finds every task that has a due date, as in the original.

    Raises:
        Problem: ``invalid-parameter``, if the text is longer than ``CHARACTERS``, cannot be parsed, is nested deeper
            than ``DEPTH``, lists more than ``LISTED`` values, has more than ``CALLS`` functions, or uses something that
            is not supported.
    """
    if len(text) > CHARACTERS:
        _refuse(f"is longer than {CHARACTERS} characters.")
    condition = _Parser(text, _field).condition()
    bounds = condition.implied
    return TaskFilter(
        lambda task: condition.evaluate(task) is True,
        bounds.archived,
        bounds.numbers,
        bounds.changes,
        bounds.references,
        reads_remark="remark" in text.lower(),
    )


def read_entry(text: str, members: Mapping[str, Kind]) -> Callable[[Mapping[str, object]], bool]:
    """Parse ``text`` as a condition on an entry of the catalogue with these ``members`` (rule 13.4).

    Raises:
        Problem: as ``read``.
    """
    if len(text) > CHARACTERS:
        _refuse(f"is longer than {CHARACTERS} characters.")
    condition = _Parser(text, lambda name: _member(name, members)).condition()
    return lambda entry: condition.evaluate(entry) is True


def _refuse(detail: str) -> NoReturn:
    raise Problem(INVALID_PARAMETER, f"The query option $filter {detail}")


class _Parser:
    """A recursive-descent parser of a filter; ``_next`` is the next token, and ``_kind`` its kind."""

    def __init__(self, text: str, field: Callable[[str], "_Operand"]) -> None:
        self._text = text
        self._field = field
        self._tokens = _TOKEN.finditer(text)  # some token matches at each character, and at the end
        self._calls = 0
        self._next, self._start = "", 0
        self._advance()

    def condition(self) -> _Operand:
        """Parse the whole text."""
        found = self._expression()
        if self._kind != "end":
            self._refuse_token("an operator")
        return _condition(found)

    def _advance(self) -> str:
        """Consume the next token, and return it."""
        before, self._before = self._next, self._start
        match = next(self._tokens)
        self._kind = match.lastgroup or "end"
        self._next, self._start, self._end = match[self._kind], *match.span(self._kind)
        return before

    def _accept(self, mark: str) -> bool:
        if self._next != mark:
            return False
        self._advance()
        return True

    def _expect(self, mark: str, words: str) -> None:
        if not self._accept(mark):
            self._refuse_token(words)

    def _expression(self, binding: int = 0, depth: int = 1) -> _Part:
        """Parse an expression of operators that bind more tightly than ``binding``."""
        if depth > DEPTH:
            _refuse(f"is nested deeper than {DEPTH} parentheses, functions and operators.")
        left = self._operand(depth)
        while (row := self._operator()) and row.binding > binding:
            parts: list[Any] = [left]
            while self._operator() is row and (row.form == "chain" or len(parts) == 1):
                self._advance()
                parts.append(self._values() if row.form == "list" else self._expression(row.binding, depth + 1))
            left = row.build(*parts)
            if left.height > DEPTH:
                _refuse(f"is nested deeper than {DEPTH} parentheses, functions and operators.")
        return left

    def _operator(self) -> _Operator | None:
        """Return the next operator; ``None`` at the end of an expression."""
        if self._kind == "end" or self._next in (")", ","):
            return None
        row = _OPERATORS.get(self._next.lower())
        if row is None or row.form == "behind":
            if _LOST_PLUS.fullmatch(self._text[self._before : self._end]):
                _refuse(f"has a space before {self._next}, at {self._place()}. {_PLUS}")
            self._refuse_token("an operator")
        if (self._text[self._start - 1] + self._text[self._end : self._end + 1]).strip():
            _refuse(f"needs a space before and after {self._next}, at {self._place()}.")
        return row

    def _operand(self, depth: int) -> _Part:
        if self._accept("("):
            found = self._expression(0, depth + 1)
            self._expect(")", ")")
            return found
        if self._next.lower() == "not":
            self._advance()
            row = _OPERATORS["not"]
            return row.build(self._expression(row.binding, depth + 1))
        if literal := self._literal():
            return literal
        if self._kind != "word" or self._next.lower() in _OPERATORS or not _NAME.fullmatch(self._next):
            self._refuse_token("a field or a value")
        name = self._advance()
        if self._kind == "text" and not self._text[self._start - 1].isspace():
            shown = shown_name(f"{name}{self._next}")
            _refuse(f"does not support the literal {shown}; write GUIDs and dates bare or in quotes.")
        return self._call(name, depth) if self._next == "(" else self._field(name)

    def _literal(self) -> _Literal | None:
        """Consume the next token if it is a literal, and return that."""
        if self._kind == "text":
            return _Literal("text", self._advance()[1:-1].replace("''", "'"))
        if self._kind != "word":
            return None
        match = _LITERAL.fullmatch(self._next)
        kind = match.lastgroup if match else _NAMED_LITERALS.get(self._next.lower())
        return _Literal(kind, self._advance()) if kind else None

    def _values(self) -> Sequence[_Literal]:
        """Parse a list of literals."""
        self._expect("(", "a list in parentheses")
        values: list[_Literal] = []
        while not self._accept(")"):
            if values:
                self._expect(",", "a comma or )")
            if len(values) == LISTED:
                _refuse(f"lists more than {LISTED} values.")
            values.append(self._literal() or self._refuse_token("a value"))
        return values

    def _call(self, name: str, depth: int) -> _Operand:
        self._calls += 1
        if self._calls > CALLS:
            _refuse(f"has more than {CALLS} functions.")
        if name.lower() not in _FUNCTIONS:
            _refuse(f"does not support the function {shown_name(name)}; {_SUPPORTED}.")
        self._advance()
        arguments: list[_Part] = []
        while not self._accept(")"):
            if arguments:
                self._expect(",", "a comma or )")
            arguments.append(self._expression(0, depth + 1))
        return _call(name.lower(), arguments)

    def _place(self) -> str:
        return f"character {self._start + 1}, {shown_name(self._text[self._start : self._start + 20].strip())}"

    def _refuse_token(self, wanted: str) -> NoReturn:
        if self._kind == "end":
            _refuse(f"ends where {wanted} must follow.")
        if self._kind == "quote":
            _refuse(f"has a quote that is not closed, at {self._place()}.")
        _refuse(f"needs {wanted} at {self._place()}; {_SUPPORTED}.")


def _condition(part: _Part) -> _Operand:
    """Return ``part`` as an operand that is true or false."""
    if isinstance(part, _Literal):
        if part.kind not in ("null", "boolean"):
            _refuse(f"has {part} where a field or a condition must be.")
        value = {"null": None, "true": True, "false": False}[part.text.lower()]
        implied, denied = _ANYWHERE if value else _NOWHERE, _ANYWHERE if value is False else _NOWHERE
        return _Operand(BOOLEAN, str(part), lambda _: value, implied, denied)
    if part.kind is not BOOLEAN:
        _refuse(f"has {part.name} as a condition; its type is {part.kind.name}, so it must be compared.")
    return part


def _field(name: str) -> _Operand:
    known = FIELDS.get(name.lower())
    if known is None:
        _refuse(f"names {shown_name(name)}, which is not a field of a task.")
    evaluate = operator.attrgetter(known.name)
    if known.name == "archived":
        return _Operand(known.kind, known.name, evaluate, _Bounds(archived=True), _Bounds(archived=False))
    return _Operand(known.kind, known.name, evaluate)


def _member(name: str, members: Mapping[str, Kind]) -> _Operand:
    kind = members.get(name.lower())
    if kind is None:
        _refuse(f"names {shown_name(name)}, which is not a member of an entry.")
    return _Operand(kind, name.lower(), operator.itemgetter(name.lower()))


def _of(
    operands: Sequence[_Operand], evaluate: _Evaluate, implied: _Bounds = _ANYWHERE, denied: _Bounds = _ANYWHERE
) -> _Operand:
    """Return the condition of an operator over ``operands``."""
    height = 1 + max(operand.height for operand in operands)
    return _Operand(BOOLEAN, "a condition", evaluate, implied, denied, height)


def _junction(*, decisive: bool) -> Callable[..., _Operand]:
    """Return the builder of ``or``, which one true condition decides, or of ``and``, which a false one decides."""

    def build(*parts: _Part) -> _Operand:
        conditions = [_condition(part) for part in parts]
        evaluates = [condition.evaluate for condition in conditions]

        def evaluate(task: Task) -> bool | None:
            result: bool | None = not decisive
            for part in evaluates:
                value: bool | None = part(task)
                if value is decisive:
                    return decisive
                if value is None:
                    result = None
            return result

        implied = _ANYWHERE if decisive else reduce(_Bounds.both, (condition.implied for condition in conditions))
        return _of(conditions, evaluate, implied)

    return build


def _negation(part: _Part) -> _Operand:
    condition = _condition(part)

    def evaluate(task: Task) -> bool | None:
        value = condition.evaluate(task)
        return None if value is None else not value

    return _of([condition], evaluate, condition.denied, condition.implied)


def _membership(operand: _Part, listed: Sequence[_Literal]) -> _Operand:
    if isinstance(operand, _Literal):
        _refuse(f"has {operand} before in, where a field must be.")
    values = {_value_or_null(literal, operand) for literal in listed}
    known = [value for value in values if value is not None]
    implied = _ANYWHERE if None in values else _between(operand.name, min(known), max(known)) if known else _NOWHERE
    return _of([operand], lambda task: operand.evaluate(task) in values, implied)


def _comparison(test: _Test, mirrored: _Test) -> Callable[..., _Operand]:
    """Return the builder of a comparison by ``test``, or by ``mirrored`` if the operands are swapped."""
    is_equality = test in (operator.eq, operator.ne)

    def build(left: _Part, right: _Part) -> _Operand:
        if isinstance(left, _Operand):
            return compare(left, test, right)
        if isinstance(right, _Operand):
            return compare(right, mirrored, left)
        _refuse(f"compares {left} with {right}; one of them must be a field.")

    def compare(operand: _Operand, test: _Test, with_: _Part) -> _Operand:
        implied = _ANYWHERE
        if isinstance(with_, _Literal):
            value = _value_or_null(with_, operand) if is_equality else _value(with_, operand)
            implied = _ANYWHERE if value is None else _implied(operand, test, value)
            with_ = _Operand(operand.kind, operand.name, lambda _: value)
        elif with_.kind is not operand.kind:
            types = f"whose type is {operand.kind.name}, with {with_.name}, whose type is {with_.kind.name}"
            _refuse(f"compares {operand.name}, {types}.")
        left, right = operand.evaluate, with_.evaluate

        def ordered(task: Task) -> bool:
            one, other = left(task), right(task)
            return one is not None and other is not None and test(one, other)

        return _of([operand, with_], (lambda task: test(left(task), right(task))) if is_equality else ordered, implied)

    return build


def _call(function: str, arguments: Sequence[_Part]) -> _Operand:
    kind, count, compute = _FUNCTIONS[function]
    if len(arguments) != count:
        _refuse(f"calls {function} with the wrong number of arguments, {len(arguments)} instead of {count}.")
    texts = [_text(argument, function) for argument in arguments]

    def evaluate(task: Task) -> Any:
        values = [text.evaluate(task) for text in texts]
        return None if None in values else compute(*values)

    return _Operand(kind, function, evaluate, height=1 + max(text.height for text in texts))


def _text(part: _Part, function: str) -> _Operand:
    """Return an argument of ``function``, all of whose arguments are texts."""
    if isinstance(part, _Literal):
        if part.kind != "text":
            _refuse(f"gives {part} to {function}, which takes texts.")
        called = _Operand(TEXT, function, lambda _: None)
        value = _value(part, called)
        return replace(called, evaluate=lambda _: value)
    if part.kind is not TEXT:
        _refuse(f"gives {part.name}, whose type is {part.kind.name}, to {function}, which takes texts.")
    return part


def _value(literal: _Literal, operand: _Operand) -> _Value:
    """Return the canonical value of a literal for comparing ``operand`` by less and greater."""
    if literal.kind == "null":
        return None
    comparison = f"compares {operand.name}, whose type is {operand.kind.name}, with {literal}"
    if literal.kind not in _LITERALS_OF_KINDS[operand.kind.name]:
        _refuse(f"{comparison}.")
    try:
        text = read_bound(operand.kind, literal.text)
    except InvalidValueError as error:
        hint = f" {_PLUS}" if operand.kind is DATE and _LOST_PLUS.fullmatch(literal.text) else ""
        _refuse(f"{comparison}. {error.detail}{hint}")
    if operand.kind is BOOLEAN:
        return text == "true"
    return int(text) if operand.kind is INTEGER else text


def _value_or_null(literal: _Literal, operand: _Operand) -> _Value:
    """Return the canonical value of a literal, ``None`` if it is one of the values for "unset"."""
    value = _value(literal, operand)
    return None if operand.kind is not BOOLEAN and operand.kind.is_unset(literal.text) else value


def _implied(operand: _Operand, test: _Test, value: str | int) -> _Bounds:
    """Return the bounds if ``test`` holds between ``operand`` and ``value``."""
    if isinstance(value, bool):
        if test not in (operator.eq, operator.ne):
            return _ANYWHERE
        return operand.implied if value is (test is operator.eq) else operand.denied
    low = value if test in (operator.eq, operator.gt, operator.ge) else None
    high = value if test in (operator.eq, operator.lt, operator.le) else None
    return _between(operand.name, low, high)


def _between(name: str, low: Any, high: Any) -> _Bounds:
    """Return the bounds if a field has a value from ``low`` to ``high``."""
    if name == Order.NUMBER:
        return _Bounds(numbers=Range(low, high))
    if name == Order.CHANGE:
        return _Bounds(changes=Range(low, high))
    if name in INDEXED_REFERENCES and low is not None and low == high:
        return _Bounds(references={name: low})
    return _ANYWHERE


def _overlap[Value: (int, str)](one: Range[Value], other: Range[Value]) -> Range[Value]:
    """Return the intersection of two ranges, or a range of one value if it is empty: no range is ever empty."""
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    low = max(lows, default=None)
    high = min(highs, default=None)
    if low is not None and high is not None and low > high:
        high = low
    return Range(low, high)


_OPERATORS: Mapping[str, _Operator] = {
    "or": _Operator(1, _junction(decisive=True), "chain"),
    "and": _Operator(2, _junction(decisive=False), "chain"),
    "eq": _Operator(3, _comparison(operator.eq, operator.eq)),
    "ne": _Operator(3, _comparison(operator.ne, operator.ne)),
    "gt": _Operator(4, _comparison(operator.gt, operator.lt)),
    "ge": _Operator(4, _comparison(operator.ge, operator.le)),
    "lt": _Operator(4, _comparison(operator.lt, operator.gt)),
    "le": _Operator(4, _comparison(operator.le, operator.ge)),
    "not": _Operator(5, _negation, "behind"),
    "in": _Operator(6, _membership, "list"),
}
_FUNCTIONS: Mapping[str, tuple[Kind, int, Callable[..., Any]]] = {
    "contains": (BOOLEAN, 2, operator.contains),
    "endswith": (BOOLEAN, 2, str.endswith),
    "startswith": (BOOLEAN, 2, str.startswith),
    "tolower": (TEXT, 1, str.lower),
}
"""For each function, the kind of its value, its number of arguments, which are texts, and its implementation."""

_SUPPORTED = f"supported are {', '.join(_OPERATORS)}, parentheses, null, and the functions {', '.join(_FUNCTIONS)}"
