"""The check of rules and tests fails where it should."""

from collections.abc import Callable
from pathlib import Path

import pytest
from servicedesk.domain.task import FIELDS

from tests.contract import rules

CONTRACT = """\
# The wire contract

## Not built yet

{not_built}

## 3. Reading a body

{mark}
| rule | |
|---|---|
| 3.1 | Media types. |
| 3.10 | Texts. |
"""
PARTLY_BUILT = "*Some rules of this section are [not built yet](#not-built-yet).*\n"
NOT_BUILT = "*This section is [not built yet](#not-built-yet).*\n"

type Faults = Callable[..., list[str]]


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Return a function that says what is wrong with a contract of two rules and tests with the names given."""
    monkeypatch.setattr(rules, "TESTS", tmp_path)
    monkeypatch.setattr(rules, "CONTRACT", tmp_path / "wire-contract.md")

    def found(*names: str, not_built: str = "", mark: str = "") -> list[str]:
        (tmp_path / "wire-contract.md").write_text(CONTRACT.format(not_built=not_built, mark=mark))
        (tmp_path / "test_it.py").write_text("".join(f"async def {name}() -> None: ...\n" for name in names))
        return list(rules.faults())

    return found


def test_rules_that_all_have_tests_have_no_fault(faults: Faults) -> None:
    assert faults("test_3_1_types", "test_3_10_texts") == []
    assert "| 3.10 | [texts](../test_it.py) |" in rules.table()


def test_a_rule_without_a_test_is_a_fault(faults: Faults) -> None:
    assert faults("test_3_1_types") == ["Rule 3.10 has no test."]
    assert faults("test_3_10_texts") == ["Rule 3.1 has no test."]


def test_a_test_named_after_no_rule_is_a_fault(faults: Faults) -> None:
    [fault] = faults("test_3_1_types", "test_3_10_texts", "test_13_1_more")
    assert fault == "test_it.py: test_13_1_more is named after a rule that the contract does not have."


def test_a_rule_that_is_not_built_needs_no_test(faults: Faults) -> None:
    assert faults("test_3_1_types", not_built="`3.10`", mark=PARTLY_BUILT) == []
    assert faults(not_built="`3`", mark=NOT_BUILT) == []
    assert "Not built yet: 3.1, 3.10." in rules.table()


def test_a_rule_that_is_built_cannot_stay_on_the_list(faults: Faults) -> None:
    [fault] = faults("test_3_1_types", "test_3_10_texts", not_built="`3.10`", mark=PARTLY_BUILT)
    assert fault == "Rule 3.10 is listed as not built, and has a test."


def test_only_rules_and_sections_are_on_the_list(faults: Faults) -> None:
    [fault] = faults("test_3_1_types", "test_3_10_texts", not_built="`3.11`")
    assert fault == "3.11 is listed as not built, and is no rule."


@pytest.mark.parametrize(("not_built", "mark"), [("`3.10`", ""), ("`3.10`", NOT_BUILT), ("`3`", PARTLY_BUILT)])
def test_a_section_says_what_is_not_built(faults: Faults, not_built: str, mark: str) -> None:
    tests = [] if not_built == "`3`" else ["test_3_1_types"]
    [fault] = faults(*tests, not_built=not_built, mark=mark)
    assert fault.startswith("Section 3 has to say")


def test_a_section_that_is_built_says_nothing_of_it(faults: Faults) -> None:
    [fault] = faults("test_3_1_types", "test_3_10_texts", mark=PARTLY_BUILT)
    assert fault == "Section 3 must not say that it has rules that are not built."


def test_section_2_has_the_declared_fields() -> None:
    [section] = [section for section in rules.sections() if section.number == "2"]
    assert sorted(section.rules) == sorted(f"2 {field}" for field in FIELDS)
