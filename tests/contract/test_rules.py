"""The check of rules and tests fails where it should."""

import sys
from pathlib import Path

import pytest

from tests.api import PAGE
from tests.contract import rules


@pytest.fixture(autouse=True)
def _little_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One rule, and one test that is named after it."""
    monkeypatch.setattr(rules, "TESTS", tmp_path)
    monkeypatch.setattr(rules, "README", tmp_path / "README.md")
    monkeypatch.setattr(rules, "RULES", {"3.1": "media types"})
    monkeypatch.setattr(sys, "argv", ["rules"])
    (tmp_path / "test_it.py").write_text("def test_3_1_as_told() -> None: ...\n")


def check(monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as scoped:
        scoped.setattr(sys, "argv", ["rules", "--check"])
        return rules.main()


def test_a_table_that_is_up_to_date_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(monkeypatch) == 1
    assert rules.main() == 0
    assert check(monkeypatch) == 0
    assert "[as told](../test_it.py)" in rules.README.read_text()


def test_a_new_test_makes_the_table_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules.main() == 0
    (rules.TESTS / "test_more.py").write_text("async def test_3_1_more() -> None: ...\n")
    assert check(monkeypatch) == 1


def test_a_rule_without_a_test_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(rules, "RULES", {"3.1": "media types", "3.10": "texts"})
    assert rules.main() == 1
    assert check(monkeypatch) == 1
    assert "Rule 3.10 has no test." in capsys.readouterr().out


def test_a_test_named_after_no_rule_fails(capsys: pytest.CaptureFixture[str]) -> None:
    (rules.TESTS / "test_more.py").write_text("def test_3_10_more() -> None: ...\n")
    assert rules.main() == 1
    assert "test_more.py: test_3_10_more is named after no rule" in capsys.readouterr().out


def test_section_2_is_the_page_s_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert [rule.removeprefix("2 ") for rule in rules.RULES if rule.startswith("2 ")] == list(PAGE)
