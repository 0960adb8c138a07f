"""The rules of the wire contract, as docs/wire-contract.md numbers them, and the tests that cover each.

A test covers the rule that its name begins with (``test_3_8_…``), in whichever folder of ``tests`` it stands. A rule of
section 2 is a field (``test_2_task_status_id_…``), one of section 6 a row of its table (``test_6_malformed_body_…``).

``make documents`` writes ``table`` into tests/contract/README.md, and ``make check`` fails if ``faults`` finds any.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CONTRACT = TESTS.parent / "docs" / "wire-contract.md"

_PARTLY_BUILT = "*Some rules of this section are [not built yet](#not-built-yet).*"
_NOT_BUILT = "*This section is [not built yet](#not-built-yet).*"

type Test = tuple[str, str]
"""A test: its file, as a path below ``TESTS``, and its function."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the contract. ``rules`` are as ``3.8``, ``2 subject`` or ``6 malformed-body``."""

    number: str
    title: str
    rules: Sequence[str]
    mark: str
    """What the section says of rules that are not built yet: ``_PARTLY_BUILT``, ``_NOT_BUILT`` or nothing."""


def sections() -> Sequence[Section]:
    """Return the sections of the contract in their order."""
    parts = re.split(r"^## (\d+)\. (.+)\n", CONTRACT.read_text(), flags=re.MULTILINE)
    return [
        Section(number, title, list(_rules(number, text)), _mark(text))
        for number, title, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]


def not_built() -> Sequence[str]:
    """Return what the contract lists as not built yet: rules, and the numbers of whole sections.

    The list is missing where everything is built.
    """
    listed = re.findall(r"^## Not built yet\n(.*?)(?=^## |\Z)", CONTRACT.read_text(), re.MULTILINE | re.DOTALL)
    return re.findall(r"`(.+?)`", "".join(listed))


def tests() -> Iterator[Test]:
    """Return every test that is named after a rule of the contract."""
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and re.match(r"test_\d+_", node.name):
                yield file.relative_to(TESTS).as_posix(), node.name


def coverage() -> tuple[Mapping[str, Sequence[Test]], Sequence[str]]:
    """Return the tests of each rule, and a line for each test that names none."""
    prefixes = {_prefix(rule): rule for section in sections() for rule in section.rules}
    tests_by_rule: dict[str, list[Test]] = {rule: [] for rule in prefixes.values()}
    strays = []
    for file, name in tests():
        prefix = max((prefix for prefix in prefixes if f"{name}_".startswith(prefix)), key=len, default=None)
        if prefix:
            tests_by_rule[prefixes[prefix]].append((file, name))
        else:
            strays.append(f"{file}: {name} is named after a rule that the contract does not have.")
    return tests_by_rule, strays


def faults() -> Iterator[str]:
    """Return a line for each way in which the contract, its list of what is not built, and the tests disagree."""
    tests_by_rule, strays = coverage()
    yield from strays
    known = {*tests_by_rule, *(section.number for section in sections())}
    yield from (f"{entry} is listed as not built, and is no rule." for entry in not_built() if entry not in known)
    for section in sections():
        to_come = _to_come(section)
        for rule in section.rules:
            if rule not in to_come and not tests_by_rule[rule]:
                yield f"Rule {rule} has no test."
            if rule in to_come and tests_by_rule[rule]:
                yield f"Rule {rule} is listed as not built, and has a test."
        mark = "" if not to_come else _NOT_BUILT if len(to_come) == len(section.rules) else _PARTLY_BUILT
        if section.mark != mark:
            must = f"has to say {mark}" if mark else "must not say that it has rules that are not built."
            yield f"Section {section.number} {must}"


def table() -> str:
    """Return the tests of each rule, as tests/contract/README.md shows them."""
    tests_by_rule, _ = coverage()
    lines = []
    for section in sections():
        anchor = f"{section.number}-{section.title.lower().replace(' ', '-')}"
        to_come = _to_come(section)
        built = [rule for rule in section.rules if rule not in to_come]
        lines += [f"## [{section.number}. {section.title}](../../docs/wire-contract.md#{anchor})", ""]
        if built:
            lines += ["| rule | tests |", "|---|---|", *(_row(rule, tests_by_rule[rule]) for rule in built), ""]
        if to_come:
            lines += [f"Not built yet: {', '.join(map(_within_section, to_come))}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _rules(section: str, text: str) -> Iterator[str]:
    """Return the rules in the tables of a section: the numbers, of section 2 the fields, of section 6 the problems."""
    for row in re.findall(r"^\| (?!rule |field |status )(.+?) \| (.+?) \|", text, re.MULTILINE):
        match section, row:
            case "2", (names, _):
                yield from (f"2 {name}" for name in names.split(", "))
            case "6", (_, name):
                yield "6 gateway" if name.startswith("from the gateway") else f"6 {name}"
            case _, (number, _):
                yield number


def _mark(text: str) -> str:
    return next((mark for mark in (_PARTLY_BUILT, _NOT_BUILT) if mark in text), "")


def _prefix(rule: str) -> str:
    """Return how the names of a rule's tests begin."""
    return f"test_{re.sub(r'\W', '_', rule)}_"


def _to_come(section: Section) -> Sequence[str]:
    listed = not_built()
    return [rule for rule in section.rules if rule in listed or section.number in listed]


def _within_section(rule: str) -> str:
    """Return the name of a rule as it stands in its section's table."""
    return rule.rpartition(" ")[2]


def _row(rule: str, named: Sequence[Test]) -> str:
    links = []
    for file, name in dict.fromkeys(named):
        words = f"{name}_".removeprefix(_prefix(rule)).strip("_") or name
        links.append(f"[{words.replace('_', ' ')}](../{file})")
    return f"| {_within_section(rule)} | {'<br>'.join(links)} |"
