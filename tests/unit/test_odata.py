"""The meaning of any filter, and the refusal of invalid ones (contract rule 8.4)."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from servicedesk.domain import values
from servicedesk.domain.kinds import BOOLEAN, DATE, GUID, INTEGER, TEXT
from servicedesk.domain.task import FIELDS, INDEXED_REFERENCES, Task
from servicedesk.domain.task_query import Range, TaskFilter
from servicedesk.wire import odata_filter
from servicedesk.wire.problems import INVALID_PARAMETER, Problem

ONE = "11111111-aaaa-4000-8000-000000000001"
TWO = "22222222-bbbb-4000-8000-000000000002"
EARLY = "2026-06-24T03:56:41.4578039"
LATE = "2026-06-25T00:00:00.0000000"


def task(**fields: object) -> Task:
    """Return a task with these fields; the others are null or constant."""
    always = {"archived": False, "created_by_servicedesk_api": True, "subject": "Printer", "id2": 33}
    return Task.model_construct(**dict.fromkeys(FIELDS) | always | fields)


def condition(text: str) -> TaskFilter:
    return odata_filter.read(text)


def refused(text: str) -> str:
    """Return the detail of the problem of this filter."""
    with pytest.raises(Problem) as caught:
        condition(text)
    assert caught.value.type is INVALID_PARAMETER
    detail = caught.value.detail
    assert detail.startswith("The query option $filter ")
    # Whatever was sent, the answer can be written in both formats.
    assert values.text(detail) == detail
    assert len(detail) < 1000
    return detail


def matches(text: str, **fields: object) -> bool:
    return condition(text).matches(task(**fields))


def test_8_4_the_arguments_of_a_function_are_any_texts() -> None:
    assert matches("contains('a Printer that',subject) and not contains(subject,'a Printer that')")
    assert matches("ToLower(subject) eq tolower('PRINTER') and subject ne tolower('PRINTER')")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("length(subject) eq 7", "the function length;"),
        ("substringof('a',subject)", "the function substringof;"),
        ("geo.distance(subject,subject) eq 1", "the function geo.distance;"),
        ("now() gt due_date", "the function now;"),
        ("Foo(subject)", "the function Foo;"),
        ("id2 add 1 eq 34", 'needs an operator at character 5, "add 1 eq 34"; supported are or, and, eq'),
        ("id2 mod 2 eq 1", 'needs an operator at character 5, "mod'),
        ("-id2 eq 1", 'needs a field or a value at character 1, "-id2 eq 1"'),
        ("tags/any(t: t eq 1)", 'needs a field or a value at character 1, "tags/any(t:'),
        ("archived and tags/all(t: t eq 1)", 'needs a field or a value at character 14, "tags/all(t:'),
        ("subject eq s=1", 'needs a field or a value at character 12, "s=1"'),
        ("id2 eq 33.0", "needs a field or a value at character 8, 33.0;"),
        ("due_date gt duration'P1D'", "the literal \"duration'P1D'\"; write GUIDs and dates bare or in quotes"),
        ("due_date gt 10:00:00", 'needs a field or a value at character 13, "10:00:00"'),
        ("subject has 'x'", "needs an operator at character 9, \"has 'x'\""),
        ("due_date eq datetime'2026-01-01'", "the literal \"datetime'2026-01-01'\";"),
        ("name eq 'x'", "names name, which is not a field of a task"),
        ("a.subject eq 'x'", "names a.subject,"),
        ("archived and x eq 1 and y eq 1", "names x,"),
        ("id2 eq '33'", "compares id2, whose type is integer, with the text 33."),
        ("id2 eq true", "with the boolean true."),
        ("archived eq 1", "compares archived, whose type is boolean, with the number 1."),
        ("archived eq 'true'", "with the text true."),
        ("subject eq 33", "compares subject, whose type is string, with the number 33."),
        (f"subject eq {ONE}", f"with the GUID {ONE}."),
        ("contact_id eq 2026-01-01", "with the date 2026-01-01."),
        (
            "contact_id in ('x')",
            "compares contact_id, whose type is globally unique identifier, with the text x. This is not",
        ),
        ("due_date eq '24/06/2026'", "This is not a date"),
        ("due_date eq 2026-02-30", "30 February does not exist."),
        ("due_date eq subject", "compares due_date, whose type is date, with subject, whose type is string."),
        ("contains(id2,'3')", "gives id2, whose type is integer, to contains, which takes texts."),
        ("contains(subject,3)", "gives the number 3 to contains"),
        ("tolower(null) eq 'x'", "gives null to tolower"),
        ("contains(subject)", "calls contains with the wrong number of arguments, 1 instead of 2."),
        ("tolower(subject,'x') eq 'x'", "calls tolower with the wrong number of arguments, 2 instead of 1."),
        ("id2", "has id2 as a condition; its type is integer"),
        ("not id2 eq 33", "has id2 as a condition"),
        ("tolower(subject)", "has tolower as a condition"),
        ("archived and 3", "has the number 3 where"),
        ("1 eq 1", "one of them must be a field"),
        ("1 in (1)", "before in, where a field must be"),
        ("id2 in (id2)", "needs a value at character 9,"),
        ("id2 in ((1),(2))", "needs a value at character 9,"),
        ("id2 eq (1,2)", 'needs ) at character 10, ",2)"'),
        ("(1,2)", "needs ) at character 3,"),
        (f"id2 eq {2**63}", "This is not an integer from -9223372036854775808"),
        ("id2 eq ٣", "needs a field or a value at character 8,"),
        ("id2 eq 33)", 'needs an operator at character 10, ")"'),
        ("(id2 eq 33", "ends where ) must follow."),
        ("id2 eq", "ends where a field or a value must follow."),
        ("id2 in", "ends where a list in parentheses must follow."),
        ("id2 in 1", "needs a list in parentheses at character 8, 1;"),
        ("id2 in (1", "ends where a comma or ) must follow."),
        ("id2 in (1 2)", "needs a comma or ) at character 11,"),
        ("id2 in (1,)", "needs a value at character 11,"),
        ("contains(subject 'a')", "needs an operator at character 18,"),
        ("contains(subject,)", "needs a field or a value at character 18,"),
        ("and archived", "needs a field or a value at character 1,"),
        ("archived and and archived", "needs a field or a value at character 14,"),
        ("archived not archived", "needs an operator at character 10,"),
        ("(archived)and(archived)", 'needs a space before and after and, at character 11, "and(archived)".'),
        ("archived and(archived)", "needs a space before and after and, at character 10,"),
        ("(id2)eq 1", "needs a space before and after eq,"),
        ("subject eq'x'", "needs a space before and after eq,"),
        ("id2 in(1)", "needs a space before and after in,"),
        (
            "due_date eq 2026-06-24T05:56:41 02:00",
            'has a space before 02:00, at character 33, "02:00". A + in an address means a space; send',
        ),
        ("due_date eq 2026-06-24T05:56:41 02", "the + of an offset as %2B."),
        ("due_date eq '2026-06-24T05:56:41 02:00'", "This is not a date"),
        ("due_date eq '2026-06-24 05:56:41.5 0200'", "the + of an offset as %2B."),
        ("subject eq 'x", "has a quote that is not closed, at character 12,"),
        ("subject eq 'x\x00'", "U+0000"),
        ("subject eq '\ud800'", "U+D800"),
        ("\x00", "needs a field or a value at character 1,"),
    ],
)
def test_8_4_what_is_not_supported_or_cannot_be_read_is_named(text: str, said: str) -> None:
    assert said in refused(text)


# Bounds


@pytest.mark.parametrize(
    ("text", "archived", "numbers", "changes"),
    [
        ("archived", True, Range(), Range()),
        ("archived eq true", True, Range(), Range()),
        ("false ne archived", True, Range(), Range()),
        ("not archived", False, Range(), Range()),
        ("not not archived", True, Range(), Range()),
        ("not archived eq true", False, Range(), Range()),
        ("archived eq false", False, Range(), Range()),
        ("id2 eq 33", None, Range(33, 33), Range()),
        ("id2 in (3,1,2)", None, Range(1, 3), Range()),
        ("id2 gt 3 and (id2 gt 5 and 9 ge id2)", None, Range(5, 9), Range()),
        ("archived eq false and subject eq 'x' and id2 lt 5", False, Range(None, 5), Range()),
        (
            "modified_dateutc ge 2026-06-25 and modified_dateutc lt '2026-06-26'",
            None,
            Range(),
            Range(LATE, "2026-06-26T00:00:00.0000000"),
        ),
        ("id2 eq 3 and id2 eq 5", None, Range(5, 5), Range()),
        ("true", None, Range(), Range()),
        ("archived eq false and true", False, Range(), Range()),
        ("true and id2 lt 5", None, Range(None, 5), Range()),
        *[
            (text, None, Range(0, 0), Range())
            for text in ("false", "null", "subject in ()", "archived ne null and false", "not true")
        ],
        *[
            (text, None, Range(), Range())
            for text in ("archived or id2 eq 3", "not (id2 eq 3)", "id2 ne 3", "id2 in (0,3)", "due_date gt 2026-01-01")
        ],
    ],
)
def test_8_4_what_a_conjunction_implies_is_known_to_the_store(
    text: str, archived: bool | None, numbers: Range[int], changes: Range[str]
) -> None:
    found = condition(text)
    assert (found.archived, found.numbers, found.changes) == (archived, numbers, changes)


# Random filters against an evaluator of its own

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""Kleene's truth values: ``and`` is the least, ``or`` the greatest, ``not`` the mirror."""

type Truth = Callable[[Task], int]

POOLS: Mapping[str, list[tuple[str, Any]]] = {
    GUID.name: [
        (ONE, ONE),
        (f"'{{{TWO.upper()}}}'", TWO),
        (f"'({ONE.replace('-', '')})'", ONE),
        (values.ZERO_GUID, None),
        ("null", None),
    ],
    DATE.name: [
        ("2026-06-24T03:56:41.4578039Z", EARLY),
        ("'2026-06-25'", LATE),
        ("2026-06-25T01:00:00+01:00", LATE),
        ("'2026-06-24 05:56:41.4578039+0200'", EARLY),
        ("2026-06-25T00:00Z", LATE),
        ("1980-01-01", None),
        ("NULL", None),
    ],
    TEXT.name: [("'a'", "a"), ("'A''b'", "A'b"), ("'ab and (c'", "ab and (c"), ("''", None), ("null", None)],
    BOOLEAN.name: [("true", True), ("False", False)],
    INTEGER.name: [("1", 1), ("+2", 2), ("-3", -3), ("4", 4), ("0", None), ("null", None)],
}
"""Literals of each kind, with their values."""

UNSET = {values.ZERO_GUID: values.ZERO_GUID, "1980-01-01": values.UNSET_DATE, "''": "", "0": 0}
"""The values of the literals for "unset" in comparisons by order."""

FIELD_VALUES = {kind: sorted({value for _, value in pool if value is not None}) for kind, pool in POOLS.items()}


def some_tasks(count: int) -> list[Task]:
    """Tasks of the pools' values, the same in each run; drawing 23 fields for each example would take a minute."""
    chosen = random.Random(8)
    return [
        Task.model_construct(
            **{
                name: chosen.choice(FIELD_VALUES[field.kind.name] + ([] if field.kind is BOOLEAN else [None]))
                for name, field in FIELDS.items()
            }
        )
        for _ in range(count)
    ]


STORED = some_tasks(60)


@dataclass(frozen=True)
class Said:
    """A condition as text, the binding of its outermost operator, and its meaning."""

    text: str
    binding: int
    truth: Truth

    def within(self, binding: int) -> str:
        return self.text if self.binding > binding else f"({self.text})"


OR, AND, COMPARED, NOT, ATOM = range(5)
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def truth(value: bool | None) -> int:
    return UNKNOWN if value is None else TRUE if value else FALSE


def ordered(text: str, comparison: str, left: Callable[[Task], Any], right: Callable[[Task], Any]) -> Said:
    def evaluate(task: Task) -> int:
        a, b = left(task), right(task)
        if comparison in ("eq", "ne"):
            return truth((a == b) == (comparison == "eq"))
        return truth(a is not None and b is not None and ORDERS[comparison](a, b))

    return Said(text, COMPARED, evaluate)


def member(name: str) -> Callable[[Task], Any]:
    return lambda task: getattr(task, name)


def constant(value: object) -> Callable[[Task], Any]:
    return lambda _: value


INDEXED = ("id2", "archived", "modified_dateutc")


@st.composite
def conditions_on_a_field(draw: st.DrawFn) -> Said:
    name = draw(st.sampled_from([*INDEXED, *INDEXED_REFERENCES]) | st.sampled_from(sorted(FIELDS)))
    kind = FIELDS[name].kind
    pool = POOLS[kind.name]
    forms = ["compare", "mirror", "in", "field"] + (["function"] * 2 if kind is TEXT else [])
    form = draw(st.sampled_from([*forms, "alone"] if kind is BOOLEAN else forms))
    shown = draw(st.sampled_from([name, name.upper()]))
    if form == "alone":
        return Said(shown, ATOM, lambda task: truth(getattr(task, name)))
    if form == "in":
        listed = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))
        among = [value for _, value in listed]
        text = f"{shown} in ({', '.join(literal for literal, _ in listed)})"
        return Said(text, ATOM, lambda task: truth(any(getattr(task, name) == value for value in among)))
    if form == "function":
        function = draw(st.sampled_from(["startswith", "endswith", "contains"]))
        part = draw(st.sampled_from(["", "a", "b", "'b", " and ("]))
        lower = draw(st.booleans())

        def called(task: Task) -> int:
            whole = getattr(task, name)
            if whole is None:
                return UNKNOWN
            whole = whole.lower() if lower else whole
            return truth(
                {"startswith": whole[: len(part)] == part, "contains": whole.find(part) >= 0}.get(
                    function, whole[len(whole) - len(part) :] == part if len(part) <= len(whole) else False
                )
            )

        quoted = part.replace("'", "''")
        return Said(f"{function}({f'tolower({shown})' if lower else shown},'{quoted}')", ATOM, called)
    comparison = draw(st.sampled_from(["eq", "ne", *ORDERS]))
    if form == "field":
        other = draw(st.sampled_from([each for each, field in FIELDS.items() if field.kind is kind]))
        return ordered(f"{shown} {comparison} {other}", comparison, member(name), member(other))
    literal, value = draw(st.sampled_from(pool))
    if comparison in ORDERS:
        value = UNSET.get(literal, value)
    if form == "mirror":
        return ordered(f"{literal} {comparison} {shown}", comparison, constant(value), member(name))
    return ordered(f"{shown} {comparison} {literal}", comparison, member(name), constant(value))


def both(left: Said, right: Said) -> Said:
    text = f"{left.within(AND - 1)} and {right.within(AND)}"
    return Said(text, AND, lambda task: min(left.truth(task), right.truth(task)))


def either(left: Said, right: Said) -> Said:
    text = f"{left.within(OR - 1)} or {right.within(OR)}"
    return Said(text, OR, lambda task: max(left.truth(task), right.truth(task)))


def neither(said: Said) -> Said:
    return Said(f"not {said.within(COMPARED)}", NOT, lambda task: TRUE - said.truth(task))


CONDITIONS: st.SearchStrategy[Said] = st.recursive(
    conditions_on_a_field(),
    lambda inner: st.builds(both, inner, inner) | st.builds(either, inner, inner) | st.builds(neither, inner),
    max_leaves=8,
)


@settings(max_examples=300)
@given(CONDITIONS)
def test_8_4_a_filter_means_what_an_evaluator_of_its_own_says(said: Said) -> None:
    compiled = condition(said.text)
    for each in STORED:
        assert compiled.matches(each) == (said.truth(each) == TRUE), said.text


def inside(value: Any, bounds: Range[Any]) -> bool:
    if bounds == Range():
        return True
    return (
        value is not None
        and (bounds.low is None or bounds.low <= value)
        and (bounds.high is None or value <= bounds.high)
    )


@settings(max_examples=300)
@given(st.lists(CONDITIONS | conditions_on_a_field(), min_size=1, max_size=3))
def test_8_4_the_bounds_leave_no_match_out(said: list[Said]) -> None:
    compiled = condition(" and ".join(each.within(AND - 1) for each in said))
    for bounds in (compiled.numbers, compiled.changes):
        assert bounds.low is None or inside(bounds.low, bounds)
    assert None not in compiled.references.values()
    for each in filter(compiled.matches, STORED):
        assert compiled.archived in (None, each.archived)
        assert inside(each.id2, compiled.numbers)
        assert inside(each.modified_dateutc, compiled.changes)
        assert {name: getattr(each, name) for name in compiled.references} == compiled.references


# Hostile filters


def answer(text: str) -> TaskFilter | Problem:
    try:
        return condition(text)
    except Problem as problem:
        return problem


def steps(function: Callable[[], object]) -> int:
    """Return the number of calls, of functions in Python and in C, that ``function`` makes."""
    count = 0

    def see(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


NUMBERS = ",".join(map(str, range(1, 501)))
WORDS = "eq ne gt in and or not null true any all a.b not( contains( tolower( length( @ $"
LITERALS = "( ) , / : = + - ' '' 'a' 33 -1 3.5 10:00:00 2026-06-24 2026-06-24T03:56Z geography'x' duration'P1D'"
PIECES = [*FIELDS, *WORDS.split(), *LITERALS.split(), " ", " ", " ", "\x00", "\ud800", "\u0130", "\u017f", ONE]
FILTERS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@settings(max_examples=200)
@given(FILTERS, FILTERS.filter(bool), st.sampled_from(["", ")", "'", "archived"]))
@example("", "(", "")
@example("archived or ", "contains(tolower(remark),'a') or ", "archived")
@example("", "archived or ", "archived")
@example("", "not ", "archived")
@example("id2 in (1", ",1", ")")
@example("subject eq '", "a", "'")
@example("id2 eq ", "1", "")
@example("1.", "1", "e")
@example("archived", " ", "eq true")
def test_8_4_a_hostile_filter_takes_a_bounded_number_of_steps(start: str, piece: str, end: str) -> None:
    text = (start + piece * odata_filter.CHARACTERS)[: odata_filter.CHARACTERS - len(end)] + end

    def ask() -> None:
        found = answer(text)
        if isinstance(found, TaskFilter):
            found.matches(task())

    assert steps(ask) <= 1000 + 30 * len(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(" * 3000 + "archived" + ")" * 3000, "deeper than 200 parentheses, functions and operators"),
        ("not " * 2045 + "archived", "deeper than 200 "),
        ("not(" * 2048, "deeper than 200 "),
        ("archived" + " eq archived" * 680, "deeper than 200 "),
        ("tolower(" * 1000, "more than 100 functions"),
        (" or ".join(["contains(tolower(remark),'a')"] * 51), "more than 100 functions"),
        (f"id2 in ({NUMBERS},501)", "more than 500 values"),
        ("archived or " * 100_000, "longer than 8192 characters"),
    ],
)
def test_8_4_a_filter_past_a_limit_is_told_the_limit(text: str, said: str) -> None:
    assert said in refused(text)


def test_8_4_a_filter_up_to_the_limits_is_answered() -> None:
    assert matches(" or ".join(["archived"] * 682), archived=True)
    assert matches(" and ".join(["archived"] * 630), archived=True)
    assert matches(f"id2 in ({NUMBERS})", id2=500)
    assert not matches(f"id2 in ({NUMBERS})", id2=501)
    assert matches("(" * 199 + "archived" + ")" * 199, archived=True)
    assert matches("not " * 198 + "archived", archived=True)
    assert matches("true eq archived" + " eq true" * 199, archived=True)
    assert matches("not(" * 98 + "archived" + ")" * 98, archived=True)
    assert matches(" or ".join(["contains(tolower(remark),'a')"] * 50), remark="A")
    assert matches("archived or (not archived and (" * 32 + "archived" + "))" * 32, archived=True)


@settings(max_examples=300)
@given(FILTERS | st.text(max_size=50))
def test_8_4_whatever_is_sent_is_answered_or_refused(text: str) -> None:
    assume(text.strip())
    found = answer(text)
    if isinstance(found, Problem):
        assert found.type is INVALID_PARAMETER
        assert values.text(found.detail) == found.detail
    else:
        assert {found.matches(each) for each in STORED} <= {True, False}


def test_8_4_a_list_without_a_filter_does_not_wait_for_the_parser() -> None:
    code = (
        "import sys; from servicedesk.wire.odata import list_options; from servicedesk.wire.headers import Fields; "
        "list_options(Fields([('$top', '1')]), None); sys.exit('servicedesk.wire.odata_filter' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0
