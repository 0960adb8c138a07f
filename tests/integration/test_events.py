"""Every fixture of `events/` does what its name says, so that none rots."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from servicedesk.store import dynamodb
from servicedesk.store.api_keys import KeyStore

from tests.api import Api, Context
from tests.conftest import FUNCTIONS
from tests.published import describe_api
from tools import demo, sam_local
from tools.template import ROOT

type Check = Callable[[dict[str, Any]], bool]


def created(answer: dict[str, Any]) -> bool:
    location: str = answer["headers"]["Location"]
    return answer["statusCode"] == 201 and location.startswith("https://abcdef1234.execute-api.")


def changed(field: str, value: object) -> Check:
    return lambda answer: bool(answer["statusCode"] == 200 and json.loads(answer["body"])[field] == value)


def refused(status: int, *codes: str) -> Check:
    def check(answer: dict[str, Any]) -> bool:
        errors = json.loads(answer["body"]).get("errors", [])
        return answer["statusCode"] == status and sorted(error["code"] for error in errors) == sorted(codes)

    return check


def verdict(effect: str) -> Check:
    return lambda answer: bool(answer["policyDocument"]["Statement"][0]["Effect"] == effect)


def shown(*names: str) -> Check:
    """An answer whose body names all of these."""
    return lambda answer: answer["statusCode"] == 200 and all(name in answer["body"] for name in names)


EXPECTED: dict[str, tuple[str, Check]] = {
    "authorizer": ("authorizer", verdict("Allow")),
    "authorizer_bad_key": ("authorizer", verdict("Deny")),
    "create_task": ("api", created),
    "create_task_cognito_claims": ("api", created),
    "create_task_invalid_body": ("api", refused(422, "required", "invalid_date", "too_long")),
    "create_task_jwt_claims": ("api", created),
    "create_task_no_company": ("api", refused(403)),
    "create_task_payload_2": ("api", created),
    "create_task_xml": ("api", lambda answer: created(answer) and answer["body"].startswith("<task ")),
    "describe_api": ("describe_api", lambda answer: json.loads(answer["body"])["openapi"].startswith("3.1")),
    "erase_company": ("erase_company", lambda answer: bool(answer["not_before"] and not answer["nothing_left"])),
    "get_catalogue": ("api", shown('"types":', '"Repair request"')),
    "get_task": ("api", shown('"id2":1')),
    "get_task_by_number": ("api", lambda answer: "/tasks/3970f5af" in answer["headers"]["Content-Location"]),
    "get_task_types": ("api", shown('$metadata#TaskType"', '"sequence":1')),
    "get_task_view": ("api", shown('"task_type_name":"Repair request"')),
    "issue_key": ("onboard_company", lambda answer: answer["key"].startswith(answer["key_id"])),
    "list_changes": ("api", shown('"value":[]', "$deltatoken=")),
    "list_companies": ("onboard_company", lambda answer: bool(answer["companies"]) and not answer["next_command"]),
    "list_keys": ("onboard_company", lambda answer: len(answer["keys"]) == 2),
    "list_task_views": ("api", shown('"task_status_name":"New"')),
    "list_tasks": ("api", shown('"value":[{"id":')),
    "get_history": ("api", shown('"type":"TaskCreated"')),
    "list_tasks_payload_2": ("api", shown('"value":[{"id":')),
    "onboard_company": ("onboard_company", lambda answer: bool(answer["next_number"] == 5001)),
    "replace_task_as_before": ("api", changed("subject", "Printer replaced")),
    "publish_events": ("publish_events", lambda answer: answer == {"batchItemFailures": []}),
    "raise_numbers": ("onboard_company", lambda answer: answer["companies"] >= 1 and answer["next_command"] is None),
    "search_task_views": ("api", lambda answer: answer["body"].startswith('[{"id":')),
    "send_batch": ("api", shown('"id":"1","status":201,', '"id":"2","status":204,')),
    "update_task": ("api", changed("archived", True)),
    "revoke_key": ("onboard_company", lambda answer: answer["revoked"] is not None and answer["live"] is False),
}


@pytest.fixture
def ready(api: Api) -> Api:
    """The keys and the task that the fixtures name."""
    client = dynamodb.client()
    demo.add_fixture_keys(KeyStore(client, "KeysTable"))
    api.api.lambda_handler(read("create_task"), Context())
    return api


def read(fixture: str) -> Any:
    return json.loads((ROOT / f"events/{fixture}.json").read_text())


def test_every_fixture_is_expected_here() -> None:
    assert {file.stem for file in (ROOT / "events").glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("fixture", sorted(EXPECTED))
def test_sam_local_finds_the_function_of_a_fixture(fixture: str) -> None:
    assert (
        sam_local.function_for(ROOT / f"events/{fixture}.json")
        == (FUNCTIONS | {"describe_api": "DescribeApi"})[EXPECTED[fixture][0]]
    )


@pytest.mark.parametrize("fixture", sorted(EXPECTED))
def test_a_fixture_does_what_its_name_says(ready: Api, fixture: str) -> None:
    function, check = EXPECTED[fixture]
    if fixture == "issue_key":
        ready.onboard(**read("revoke_key"))
    if fixture == "onboard_company":
        counter = {"pk": {"S": f"COMPANY#{demo.ALPHA.company_id}"}, "sk": {"S": "COUNTER"}}
        boto3.client("dynamodb").delete_item(TableName="TasksTable", Key=counter)
    loaded = describe_api.load() if function == "describe_api" else getattr(ready, function)
    answer = loaded.lambda_handler(read(fixture), Context())
    assert check(answer), answer
