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

type Test = tuple[str, str]
"""A test: its file, as a path below ``TESTS``, and its function."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the contract. ``rules`` are as ``3.8``, ``2 subject`` or ``6 malformed-body``."""

    number: str
    title: str
    rules: Sequence[str]


def sections() -> Sequence[Section]:
    """Return the sections of the contract in order."""
    parts = re.split(r"^## (\d+)\. (.+)\n", CONTRACT.read_text(), flags=re.MULTILINE)
    return [
        Section(number, title, list(_rules(number, text)))
        for number, title, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]


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
    """Return a line for each contradiction between the contract and the tests."""
    tests_by_rule, strays = coverage()
    yield from strays
    yield from (f"Rule {rule} has no test." for rule, found in tests_by_rule.items() if not found)


def table() -> str:
    """Return the tests of each rule, as Markdown tables."""
    tests_by_rule, _ = coverage()
    lines = []
    for section in sections():
        anchor = f"{section.number}-{section.title.lower().replace(' ', '-')}"
        lines += [f"## [{section.number}. {section.title}](../../docs/wire-contract.md#{anchor})", ""]
        lines += ["| rule | tests |", "|---|---|", *(_row(rule, tests_by_rule[rule]) for rule in section.rules), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rules(section: str, text: str) -> Iterator[str]:
    """Return the rules in the tables of a section: numbers, in section 2 fields, in section 6 problems."""
    for row in re.findall(r"^\| (?!rule |field |status )(.+?) \| (.+?) \|", text, re.MULTILINE):
        match section, row:
            case "2", (names, _):
                yield from (f"2 {name}" for name in names.split(", "))
            case "6", (_, name):
                yield "6 gateway" if name.startswith("from the gateway") else f"6 {name}"
            case _, (number, _):
                yield number


def _prefix(rule: str) -> str:
    """Return the prefix of the names of a rule's tests."""
    return f"test_{re.sub(r'\W', '_', rule)}_"


def _within_section(rule: str) -> str:
    """Return the name of a rule in its section's table."""
    return rule.rpartition(" ")[2]


def _row(rule: str, named: Sequence[Test]) -> str:
    links = []
    for file, name in dict.fromkeys(named):
        words = f"{name}_".removeprefix(_prefix(rule)).strip("_") or name
        links.append(f"[{words.replace('_', ' ')}](../{file})")
    return f"| {_within_section(rule)} | {'<br>'.join(links)} |"
