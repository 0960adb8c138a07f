"""The check of rules and tests fails where it should."""

from collections.abc import Callable
from pathlib import Path

import pytest
from servicedesk.domain.task import FIELDS

from tests.contract import rules

CONTRACT = """\
# The wire contract

## 3. Reading a body

| rule | |
|---|---|
| 3.1 | Media types. |
| 3.10 | Texts. |
"""

type Faults = Callable[..., list[str]]


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Return a function that says what is wrong with a contract of two rules and tests with the names given."""
    monkeypatch.setattr(rules, "TESTS", tmp_path)
    monkeypatch.setattr(rules, "CONTRACT", tmp_path / "wire-contract.md")
    (tmp_path / "wire-contract.md").write_text(CONTRACT)

    def found(*names: str) -> list[str]:
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


def test_section_2_has_the_declared_fields() -> None:
    [section] = [section for section in rules.sections() if section.number == "2"]
    assert sorted(section.rules) == sorted(f"2 {field}" for field in FIELDS)
