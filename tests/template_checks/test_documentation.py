"""The documents are complete with respect to template and code, and their links are valid."""

import json
import re
from pathlib import Path

import pytest
from servicedesk.domain.faults import Code

from tools import documents
from tools.publishing.document import problem_types
from tools.template import ROOT, resources

README = (ROOT / "README.md").read_text()
ERRORS = (ROOT / "docs/errors.md").read_text()
PAGES = sorted(path for folder in (".", "docs", "tests/*") for path in ROOT.glob(f"{folder}/*.md"))


def test_every_folder_is_in_the_layout() -> None:
    folders = {entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
    assert not {folder for folder in folders if f"\n{folder}/" not in README}


def test_errors_lists_every_problem() -> None:
    listed = re.findall(r"^\| \d{3} \| `([a-z-]+)` \| .+ \| (?:function|gateway|both) \|$", ERRORS, re.MULTILINE)
    assert sorted(listed) == sorted(problem_types())


def test_errors_lists_every_status_of_success() -> None:
    document = json.loads((ROOT / "functions/describe_api/openapi.json").read_text())
    answers = {
        int(status)
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
        for status in operation["responses"]
    }
    said = {int(status) for status in re.findall(r"^\| (\d{3}) \| [^|]+ \|$", ERRORS, re.MULTILINE)}
    assert said == {status for status in answers if status < 400}


def test_errors_lists_every_code_of_a_fault() -> None:
    assert sorted(re.findall(r"^\| `([a-z_]+)` \|", ERRORS, re.MULTILINE)) == sorted(Code)


def test_costs_count_the_metrics_that_alarms_watch() -> None:
    """CloudWatch bills each metric of an alarm."""
    watched = [
        [one for one in alarm.get("Metrics", [{"MetricStat": {}}]) if "MetricStat" in one]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
    ]
    assert f" {sum(map(len, watched))} metrics that alarms watch" in (ROOT / "docs/costs.md").read_text()


@pytest.mark.parametrize("document", sorted(documents.PARTS))
def test_a_generated_part_that_is_out_of_date_is_found(document: str) -> None:
    text = (ROOT / document).read_text()
    old = re.sub(r"(<!-- made from the code: .* -->\n\n).+\n", r"\1", text)
    assert old != text
    assert documents.updated(document, old) == text
    with pytest.raises(ValueError, match=document):
        documents.updated(document, text.replace("<!-- end of", "<!--"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
