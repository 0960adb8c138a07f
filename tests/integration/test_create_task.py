"""A task is created, end to end, over moto."""

from pathlib import Path

import pytest

from tests.api import ALPHA, ALPHA_CONTACT, BETA, Api, assert_problem
from tools.template import ROOT

BODIES = ROOT / "events/bodies"
SAMPLE_TABLE = {"id": "4ea0c198-0550-444a-b8a6-2949d3c2938b", "name": "sample string 8"}


@pytest.fixture
def onboarded(api: Api) -> Api:
    """Alpha and Beta with the built-in catalogue and the published sample's table."""
    for company in (ALPHA, BETA):
        catalogue = api.onboard(action="onboard", company_id=company)["catalogue"]
        catalogue["tables"].append(SAMPLE_TABLE)
        api.onboard(action="onboard", company_id=company, catalogue=catalogue)
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
    assert len(document) == 23


def test_the_two_samples_carry_one_id_with_different_instants(onboarded: Api) -> None:
    assert onboarded.create((BODIES / "published.json").read_bytes(), "application/json").status == 201
    answer = onboarded.create((BODIES / "published.xml").read_bytes(), "application/xml")
    assert_problem(answer, 409, "task-exists")


def test_a_subject_is_enough(api: Api) -> None:
    answer = api.create({"subject": "Printer on fire"})
    assert answer.status == 201
    assert answer.document()["id2"] == 1


def test_another_company_sees_no_task(api: Api) -> None:
    task_id = api.create({"subject": "Printer on fire"}).document()["id"]
    assert_problem(api.get(task_id, company=BETA), 404, "no-such-task")


def test_all_faults_come_at_once(api: Api) -> None:
    answer = api.create(
        {"due_date": "06/24/2026", "customer_reference": "x" * 51, "task_type_id": ALPHA, "to_id_in_table": ALPHA}
    )
    expected = [
        ("subject", "required"),
        ("due_date", "invalid_date"),
        ("customer_reference", "too_long"),
        ("task_type_id", "unknown_reference"),
        ("to_id_in_table", "missing_reference"),
    ]
    assert_problem(answer, 422, "invalid-task", *expected)


def test_credentials_without_a_company(api: Api) -> None:
    assert_problem(api.create({"subject": "x"}, company=None), 403, "no-company")


def test_a_key_opens_and_a_revoked_one_does_not(api: Api) -> None:
    api.onboard(action="onboard", company_id=ALPHA)
    issued = api.onboard(action="issue_key", company_id=ALPHA, label="erp", contact_id=ALPHA_CONTACT)
    allowed = api.authorize(f"Bearer {issued['key']}")
    assert allowed["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert allowed["context"] == {"company_id": ALPHA, "contact_id": ALPHA_CONTACT, "key_id": issued["key_id"]}
    api.onboard(action="revoke_key", company_id=ALPHA, key_id=issued["key_id"])
    denied = api.authorize(f"Bearer {issued['key']}")
    assert denied["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    assert denied["context"] == {}
