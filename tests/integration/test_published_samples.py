"""The samples of the published page, sent as they are printed."""

from pathlib import Path

import pytest

from tests.api import ALPHA, ALPHA_CONTACT, PAGE, Api, assert_problem
from tools.demo import SAMPLE_TABLE
from tools.template import ROOT

BODIES = ROOT / "events/bodies"


@pytest.fixture
def onboarded(api: Api) -> Api:
    """Give Alpha the built-in catalogue and the table that the samples name."""
    catalogue = api.onboard(action="onboard", company_id=ALPHA)["catalogue"]
    catalogue["tables"].append(SAMPLE_TABLE)
    api.onboard(action="onboard", company_id=ALPHA, catalogue=catalogue)
    return api


@pytest.mark.parametrize("sample", ["published.json", "published.xml"])
def test_the_published_samples_work_as_they_stand(onboarded: Api, sample: str) -> None:
    content_type = f"application/{Path(sample).suffix[1:]}"
    created = onboarded.create((BODIES / sample).read_bytes(), content_type)
    assert created.status == 201, created.body
    assert created.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    task_id = "3970f5af-af17-4420-b038-a1efdc261244"
    assert created.headers["Location"] == f"https://api.example.com/v1/tasks/{task_id}"
    found = onboarded.get(task_id, accept=content_type)
    assert found.status == 200
    assert found.body == created.body
    document = created.document()
    assert document["company_id"] == ALPHA
    assert document["contact_id"] == ALPHA_CONTACT
    assert document.keys() >= PAGE.keys()


def test_the_two_samples_carry_one_id_with_different_instants(onboarded: Api) -> None:
    assert onboarded.create((BODIES / "published.json").read_bytes(), "application/json").status == 201
    answer = onboarded.create((BODIES / "published.xml").read_bytes(), "application/xml")
    assert_problem(answer, 409, "task-exists")
