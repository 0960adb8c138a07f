"""Contract section 10: changing a task. What needs a real database is in tests/exactly_once."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain import values

from tests.api import PAGE, Answer, assert_problem, invoke, written
from tests.contract.client import SUBJECT, Client

COMPLETED = "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"
IN_PROGRESS = "7e5d2c18-93a4-4f6b-8d0f-2b9c4e1a7f03"
NEW = "d04abcdd-1a87-4d49-af1d-33ef6195ebd3"
MAINTENANCE = "5b2f7a52-1f0e-4c53-9e0b-6a6f3f6f4a01"
REPAIR = "0d617cf0-d523-44dc-aadd-19baf06cf913"
HIGH = "e2d3c4b5-a697-4889-b7a6-c5d4e3f2a106"
NORMAL = "d69a8b21-9de2-4ec2-9a48-f91277b2ba4c"
PROJECT = "78154eca-ded3-490f-a47d-543e38c0e63d"
JOBS = "9d8c7b6a-5f4e-4d3c-ab2a-190f8e7d6c08"
OBJECT = "df39fee8-721c-4c83-9fe2-6403dce36537"
FILLED = {
    "task_type_id": MAINTENANCE,
    "task_priority_id": HIGH,
    "to_db_table_id": PROJECT,
    "to_db_table_name": "project",
    "to_id_in_table": OBJECT,
    "subject": SUBJECT,
    "remark": "It burns.",
    "customer_reference": "4711",
    "date_start": "2026-06-24T03:56:41.4578039",
    "due_date": "2026-06-25T00:00:00",
    "date_assigned": "2026-06-26T00:00:00",
    "date_suggested_by_company": "2026-06-27T00:00:00",
    "reference_back_office": "B 12",
}
"""Every field that a client may change, but for the status, each with a value."""
OTHER = {
    "task_type_id": REPAIR,
    "task_priority_id": NORMAL,
    "to_db_table_id": JOBS,
    "to_db_table_name": "jobs",
    "to_id_in_table": "1f39fee8-721c-4c83-9fe2-6403dce36537",
    "subject": "Printer burnt down",
    "remark": "It burnt.",
    "customer_reference": "4712",
    "date_start": "2027-06-24T03:56:41.4578039",
    "due_date": "2027-06-25T00:00:00",
    "date_assigned": "2027-06-26T00:00:00",
    "date_suggested_by_company": "2027-06-27T00:00:00",
    "reference_back_office": "B 13",
}
"""The same fields with other values."""
DEFAULTS = {"task_type_id": REPAIR, "task_priority_id": NORMAL}


def beside(task: dict[str, Any], *names: str) -> dict[str, Any]:
    """The task without these fields and the moment of its last write."""
    return {name: value for name, value in task.items() if name not in {*names, "modified_dateutc"}}


def tag_of(client: Client, task_id: str) -> str:
    tag: str = client.get(task_id).headers["ETag"]
    return tag


# ---- 10.1 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", sorted(set(OTHER) - {"to_db_table_id", "to_db_table_name"}))
def test_10_1_a_field_that_is_named_changes_and_no_other(client: Client, field: str) -> None:
    task = client.created(FILLED)
    changed = client.changed(task["id"], {field: OTHER[field]})
    assert changed[field] == OTHER[field]
    assert beside(changed, field) == beside(task, field)


@pytest.mark.parametrize("said", [{"to_db_table_id": JOBS}, {"to_db_table_name": "JOBS"}])
def test_10_1_a_table_is_named_by_id_or_by_name(client: Client, said: dict[str, str]) -> None:
    task = client.created(FILLED)
    changed = client.changed(task["id"], said)
    assert (changed["to_db_table_id"], changed["to_db_table_name"]) == (JOBS, "jobs")
    assert beside(changed, "to_db_table_id", "to_db_table_name") == beside(task, "to_db_table_id", "to_db_table_name")


@pytest.mark.parametrize("cleared", [None, ""])
@pytest.mark.parametrize(
    "field",
    [
        "to_id_in_table",
        "remark",
        "customer_reference",
        "date_start",
        "due_date",
        "date_assigned",
        "date_suggested_by_company",
        "reference_back_office",
    ],
)
def test_10_1_null_and_an_empty_value_clear_a_field(client: Client, field: str, cleared: str | None) -> None:
    task = client.created(FILLED)
    changed = client.changed(task["id"], {field: cleared})
    assert changed[field] is None
    assert beside(changed, field) == beside(task, field)


@pytest.mark.parametrize(
    ("field", "unset"),
    [
        ("to_id_in_table", "00000000-0000-0000-0000-000000000000"),
        ("due_date", "1980-01-01T00:00:00"),
        ("due_date", "/Date(315532800000)/"),
    ],
)
def test_10_1_the_originals_values_for_unset_clear_a_field(client: Client, field: str, unset: str) -> None:
    task = client.created(FILLED)
    assert client.changed(task["id"], {field: unset})[field] is None


@pytest.mark.parametrize("field", ["task_type_id", "task_priority_id"])
def test_10_1_what_has_a_default_gets_it_when_it_is_cleared(client: Client, field: str) -> None:
    task = client.created(FILLED)
    assert client.changed(task["id"], {field: None})[field] == DEFAULTS[field]


@pytest.mark.parametrize("field", ["to_db_table_id", "to_db_table_name"])
def test_10_1_a_table_is_cleared_by_either_name_together_with_its_link(client: Client, field: str) -> None:
    task = client.created(FILLED)
    refused = client.change(task["id"], {field: None})
    assert_problem(refused, 422, "invalid-task", ("to_id_in_table", "missing_reference"))
    changed = client.changed(task["id"], {field: None, "to_id_in_table": None})
    assert [changed[name] for name in ("to_db_table_id", "to_db_table_name", "to_id_in_table")] == [None] * 3


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json", "text/json"])
def test_10_1_a_json_merge_patch(json_client: Client, media_type: str) -> None:
    task = json_client.created(FILLED)
    answer = json_client.change(task["id"], {"subject": "Other"}, content_type=f"{media_type}; charset=utf-8")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == f"{'text' if 'text' in media_type else 'application'}/json; charset=utf-8"
    assert answer.task()["subject"] == "Other"


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
def test_10_1_a_task_element(xml_client: Client, media_type: str) -> None:
    task = xml_client.created(FILLED)
    assert xml_client.change(task["id"], {"subject": "Other"}, content_type=media_type).task()["subject"] == "Other"


def test_10_1_another_media_type_is_a_415_that_says_what_a_patch_can_be(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], {"subject": "Other"}, content_type="application/json-patch+json")
    assert_problem(answer, 415, "unsupported-media-type")
    assert answer.headers["Accept-Patch"] == (
        "application/merge-patch+json, application/json, text/json, application/xml, text/xml"
    )


@pytest.mark.parametrize("body", ["[]", "null", '"x"', ""])
def test_10_1_a_patch_that_is_no_object_is_a_400(json_client: Client, body: str) -> None:
    task = json_client.created()
    answer = json_client.api.change(task["id"], body, "application/merge-patch+json", company=json_client.company)
    assert_problem(answer, 400, "malformed-body")
    assert json_client.get(task["id"]).task() == task


def test_10_1_the_number_is_an_address_too(client: Client) -> None:
    task = client.created()
    answer = client.change(str(task["id2"]), {"subject": "Other"}, if_match=tag_of(client, task["id"]))
    assert answer.status == 200
    assert answer.task()["id"] == task["id"]
    assert answer.headers["Content-Location"] == f"https://api.example.com/v1/tasks/{task['id']}"
    assert "Content-Location" not in client.change(task["id"], {"subject": "Third"}).headers


@pytest.mark.parametrize("address", ["4711", "0", "999999999999999999", "x", "-1", "1.0", " 1"])
def test_10_1_a_number_that_no_task_has_is_a_404(client: Client, address: str) -> None:
    client.created()
    assert_problem(client.change(address, {"subject": "Other"}), 404, "no-such-task")


@pytest.mark.parametrize("spelled", [str.upper, "{{{}}}".format, "({})".format, lambda guid: guid.replace("-", "")])
def test_10_1_an_id_is_read_as_any_guid(client: Client, spelled: Callable[[str], str]) -> None:
    task = client.created()
    answer = client.change(spelled(task["id"]), {"subject": "Other"})
    assert answer.task()["id"] == task["id"]
    assert "Content-Location" not in answer.headers


# ---- 10.2 -----------------------------------------------------------------------------------------------------------


def test_10_2_a_put_replaces_all_that_a_client_may_say(client: Client) -> None:
    task = client.created(FILLED)
    answer = client.change(task["id"], {"subject": "Other"}, method="PUT")
    assert answer.status == 200
    replaced = answer.task()
    expected = dict.fromkeys(FILLED) | DEFAULTS | {"subject": "Other", "task_status_id": NEW}
    assert {name: replaced[name] for name in expected} == expected
    assert beside(replaced, *expected) == beside(task, *expected)
    assert client.get(task["id"]).task() == replaced


def test_10_2_a_put_of_all_that_was_read_with_one_change_changes_that(client: Client) -> None:
    task = client.created(FILLED)
    closed = client.changed(task["id"], task_status_id=COMPLETED)
    shown = client.get(task["id"]).document()
    answer = client.change(task["id"], shown | {"remark": "Other"}, method="PUT", headers={"Prefer": "handling=strict"})
    assert answer.status == 200, answer.body
    assert "Ignored-Fields" not in answer.headers
    assert beside(answer.task(), "remark") == beside(closed, "remark")
    assert answer.task()["remark"] == "Other"


def test_10_2_a_put_needs_a_subject(client: Client) -> None:
    task = client.created(FILLED)
    answer = client.change(task["id"], {"remark": "Other"}, method="PUT")
    assert_problem(answer, 422, "invalid-task", ("subject", "required"))
    assert client.get(task["id"]).task() == task


@pytest.mark.parametrize(
    "path", ["/api/Task({id})", "/api/Task('{id}')", "/api/Task%28{id}%29", "/api/Task({id2})", "/api/Task/{id}"]
)
def test_10_2_the_originals_addresses(client: Client, path: str) -> None:
    task = client.created(FILLED)
    answer = client.change("", {"subject": "Other"}, method="PUT", path=path.format_map(task), if_match=None)
    assert answer.status == 200
    assert answer.task()["subject"] == "Other"
    assert answer.task()["remark"] is None
    by_number = "{id2}" in path
    assert answer.headers.get("Content-Location") == (
        f"https://api.example.com/v1/api/Task/{task['id']}" if by_number else None
    )


def test_10_2_an_http_api_s_event_is_read_too(json_client: Client) -> None:
    task = json_client.created(FILLED)
    for method, route, path in (("PUT", "/api/{entity}", "/api/Task({id})"), ("PATCH", "/tasks/{id}", "/tasks/{id}")):
        subject, last = f"By {method}", path.format_map(task).rpartition("/")[2]
        sent = {
            "version": "2.0",
            "routeKey": f"{method} {route}",
            "rawPath": path.format_map(task),
            "headers": {"content-type": "application/json"} | ({"if-match": "*"} if method == "PATCH" else {}),
            "pathParameters": {"entity" if "entity" in route else "id": last},
            "requestContext": {
                "requestId": "x",
                "http": {"method": method},
                "authorizer": {"lambda": {"company_id": json_client.company}},
            },
            "body": f'{{"subject": "{subject}"}}',
            "isBase64Encoded": False,
        }
        assert invoke(json_client.api.api.lambda_handler, sent).task()["subject"] == subject
        del sent["headers"]["if-match" if method == "PATCH" else "content-type"]  # type: ignore[attr-defined]
        answer = invoke(json_client.api.api.lambda_handler, sent)
        assert answer.status == (428 if method == "PATCH" else 200)


@pytest.mark.parametrize("path", ["/api/Task({id})", "/api/task('{id}')", "/api/Task({id2})", "/api/Task/{id}"])
def test_10_2_a_patch_of_the_original_s_address_changes_and_needs_no_if_match(client: Client, path: str) -> None:
    task = client.created(FILLED)
    address = path.format_map(task)
    answer = client.change("", {"subject": "Other"}, path=address, if_match=None)
    assert answer.task() == task | {"subject": "Other", "modified_dateutc": answer.task()["modified_dateutc"]}
    stale = client.change("", {"subject": "Third"}, path=address, if_match='"x"')
    assert_problem(stale, 412, "precondition-failed")
    assert_problem(client.stranger().change("", {"subject": "x"}, path=address, if_match=None), 404, "no-such-task")


@pytest.mark.parametrize("entity", ["Task({id}", "Task()", "{id}", "xTask({id})"])
def test_10_2_what_is_no_task_is_no_address(client: Client, entity: str) -> None:
    task = client.created()
    path = f"/api/{entity.format_map(task)}"
    assert_problem(client.change("", {"subject": "Other"}, method="PUT", path=path), 404, "no-such-route")


@pytest.mark.parametrize("entity", ["TaskView({id})", "Task"])
def test_10_2_what_is_only_read_is_not_replaced(client: Client, entity: str) -> None:
    path = f"/api/{entity.format_map(client.created())}"
    assert_problem(client.change("", {"subject": "Other"}, method="PUT", path=path), 405, "method-not-allowed")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_2_neither_creates_a_task(client: Client, method: str) -> None:
    task_id = str(uuid4())
    for if_match in ("*", '"x"'):
        answer = client.change(task_id, {"id": task_id, "subject": "Other"}, method=method, if_match=if_match)
        assert_problem(answer, 404, "no-such-task")
    original = client.change("", {"subject": "x"}, method="PUT", path=f"/api/Task({task_id})", if_match=None)
    assert_problem(original, 404, "no-such-task")
    assert_problem(client.get(task_id), 404, "no-such-task")


# ---- 10.3 -----------------------------------------------------------------------------------------------------------


def test_10_3_each_field_is_the_clients_or_not(client: Client) -> None:
    """`Ignored-Fields` names each field that a client cannot change; with those that it can, that is the whole page."""
    task = client.created(FILLED)
    sent = {
        "id": str(uuid4()),
        "company_id": str(uuid4()),
        "contact_id": str(uuid4()),
        "date_create": "2020-01-01",
        "date_closed": "2020-01-01",
        "archived": True,
        "id2": 4711,
        "created_by_servicedesk_api": "yes",
        "modified_dateutc": "2020-01-01",
    }
    assert set(sent) | set(OTHER) | {"task_status_id"} == set(PAGE)
    answer = client.change(task["id"], sent | {"subject": "Other"})
    assert answer.status == 200
    assert beside(answer.task(), "subject") == beside(task, "subject")
    named = {item.partition(";")[0] for item in answer.headers["Ignored-Fields"].split(", ")}
    assert named == set(sent)
    assert set(answer.headers["Ignored-Fields"].split(", ")) == {f"{name};reason=server-assigned" for name in sent}


def test_10_3_unknown_fields_are_named(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], {"subject": "Other", "colour": "red"})
    assert answer.status == 200
    assert answer.headers["Ignored-Fields"] == "colour;reason=unknown"


def test_10_3_strictly_they_are_errors(client: Client) -> None:
    task = client.created()
    sent = {"subject": "Other", "colour": "red", "id2": 4711, "date_create": "2020-01-01"}
    answer = client.change(task["id"], sent, headers={"Prefer": "handling=strict"})
    assert_problem(
        answer,
        422,
        "invalid-task",
        ("colour", "unknown_field"),
        ("date_create", "server_assigned"),
        ("id2", "server_assigned"),
    )
    assert answer.headers["Preference-Applied"] == "handling=strict"
    assert "Ignored-Fields" not in answer.headers
    assert client.get(task["id"]).task() == task


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_3_all_faults_come_in_one_answer(client: Client, method: str) -> None:
    task = client.created(FILLED)
    sent = {
        "task_type_id": str(uuid4()),
        "task_status_id": str(uuid4()),
        "task_priority_id": "high",
        "to_db_table_id": str(uuid4()),
        "subject": "x" * 151,
        "customer_reference": "x" * 51,
        "due_date": "06/24/2026",
        "colour": "red",
    }
    answer = client.change(task["id"], sent, method=method)
    assert_problem(
        answer,
        422,
        "invalid-task",
        ("task_type_id", "unknown_reference"),
        ("task_status_id", "unknown_reference"),
        ("task_priority_id", "invalid_guid"),
        ("to_db_table_id", "unknown_reference"),
        ("subject", "too_long"),
        ("customer_reference", "too_long"),
        ("due_date", "invalid_date"),
    )
    assert answer.headers["Ignored-Fields"] == "colour;reason=unknown"
    assert client.get(task["id"]).task() == task


@pytest.mark.parametrize("blank", [None, "", " "])
def test_10_3_a_subject_cannot_be_cleared(client: Client, blank: str | None) -> None:
    task = client.created()
    answer = client.change(task["id"], {"subject": blank})
    assert_problem(answer, 422, "invalid-task", ("subject", "required"))


def test_10_3_two_tables_that_disagree(client: Client) -> None:
    task = client.created(FILLED)
    answer = client.change(task["id"], {"to_db_table_id": JOBS, "to_db_table_name": "project"})
    assert_problem(answer, 422, "invalid-task", ("to_db_table_name", "conflicting_reference"))


def test_10_3_a_link_needs_a_table(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], {"to_id_in_table": OBJECT})
    assert_problem(answer, 422, "invalid-task", ("to_id_in_table", "missing_reference"))
    assert client.changed(task["id"], to_id_in_table=OBJECT, to_db_table_id=JOBS)["to_id_in_table"] == OBJECT
    other = str(uuid4())
    assert client.changed(task["id"], to_id_in_table=other)["to_id_in_table"] == other


def test_10_3_a_field_given_twice_is_a_400(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], [("subject", "a"), ("SUBJECT", "b")])
    assert_problem(answer, 400, "malformed-body")


@pytest.fixture
def dropped(client: Client) -> dict[str, Any]:
    """A task of a catalogue of which no entry is left."""
    built_in = client.onboard()
    entries = {name: {"id": str(uuid4()), "name": f"Old {name}", "default": True} for name in ("type", "priority")}
    status = {"id": str(uuid4()), "name": "Old status", "default": True, "completed": True}
    table = {"id": str(uuid4()), "name": "Boilers"}
    client.onboard(types=[entries["type"]], priorities=[entries["priority"]], statuses=[status], tables=[table])
    task = client.created(to_db_table_name="boilers", to_id_in_table=OBJECT)
    client.onboard(**built_in)
    return task


def test_10_3_what_is_not_touched_stays_where_the_catalogue_has_dropped_it(
    client: Client, dropped: dict[str, Any]
) -> None:
    changed = client.changed(dropped["id"], subject="Other")
    assert beside(changed, "subject") == beside(dropped, "subject")
    assert changed["archived"] is True


@pytest.mark.parametrize(
    "field", ["task_type_id", "task_status_id", "task_priority_id", "to_db_table_id", "to_db_table_name"]
)
def test_10_3_nor_does_sending_what_is_there_touch_it(client: Client, dropped: dict[str, Any], field: str) -> None:
    changed = client.changed(dropped["id"], {"subject": "Other", field: dropped[field]})
    assert beside(changed, "subject") == beside(dropped, "subject")


@pytest.mark.parametrize(
    "field", ["task_type_id", "task_status_id", "task_priority_id", "to_db_table_id", "to_db_table_name"]
)
def test_10_3_what_is_touched_is_checked(client: Client, dropped: dict[str, Any], field: str) -> None:
    other = client.created()
    answer = client.change(other["id"], {field: dropped[field]})
    assert_problem(answer, 422, "invalid-task", (field, "unknown_reference"))


def test_10_3_a_dry_run_changes_nothing(client: Client) -> None:
    task = client.created(FILLED)
    tag = tag_of(client, task["id"])
    query = {"validate_only": "true"}
    answer = client.change(task["id"], {"subject": "Other", "task_status_id": COMPLETED}, if_match=tag, query=query)
    assert answer.status == 200
    assert (answer.task()["subject"], answer.task()["archived"]) == ("Other", True)
    assert "ETag" not in answer.headers
    assert client.get(task["id"]).task() == task
    assert tag_of(client, task["id"]) == tag
    assert_problem(
        client.change(task["id"], {"subject": ""}, query=query), 422, "invalid-task", ("subject", "required")
    )
    stale = client.change(task["id"], {"subject": "Other"}, if_match='"stale"', query=query)
    assert_problem(stale, 412, "precondition-failed")


# ---- 10.4 -----------------------------------------------------------------------------------------------------------


def test_10_4_a_completed_status_closes_and_another_opens_again(client: Client) -> None:
    task = client.created()
    closed = client.changed(task["id"], task_status_id=COMPLETED)
    assert closed["archived"] is True
    assert closed["date_closed"] == closed["modified_dateutc"] > task["modified_dateutc"]
    opened = client.changed(task["id"], task_status_id=IN_PROGRESS)
    assert (opened["archived"], opened["date_closed"]) == (False, None)
    again = client.changed(task["id"], task_status_id=COMPLETED)
    assert again["date_closed"] > closed["date_closed"]


def test_10_4_between_two_completed_statuses_it_stays_closed_since_the_first(client: Client) -> None:
    rejected = {"id": str(uuid4()), "name": "Rejected", "completed": True}
    built_in = client.onboard()
    client.onboard(statuses=[*built_in["statuses"], rejected])
    task = client.created()
    closed = client.changed(task["id"], task_status_id=COMPLETED)
    assert client.changed(task["id"], task_status_id=rejected["id"])["date_closed"] == closed["date_closed"]
    assert client.changed(task["id"], subject="Other")["date_closed"] == closed["date_closed"]


def test_10_4_a_status_that_is_cleared_is_the_default_of_the_type(client: Client) -> None:
    built_in = client.onboard()
    inspection = {"id": str(uuid4()), "name": "Inspection", "default_status_id": IN_PROGRESS}
    client.onboard(types=[*built_in["types"], inspection])
    task = client.created(task_type_id=inspection["id"])
    client.changed(task["id"], task_status_id=COMPLETED)
    opened = client.changed(task["id"], task_status_id=None)
    assert (opened["task_status_id"], opened["archived"], opened["date_closed"]) == (IN_PROGRESS, False, None)


def test_10_4_another_type_leaves_the_status(client: Client) -> None:
    task = client.created()
    client.changed(task["id"], task_status_id=COMPLETED)
    assert client.changed(task["id"], task_type_id=MAINTENANCE)["task_status_id"] == COMPLETED


# ---- 10.5 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_5_without_if_match_a_428(client: Client, method: str) -> None:
    task = client.created()
    answer = client.change(task["id"], {"subject": "Other"}, method=method, if_match=None)
    assert_problem(answer, 428, "precondition-required")
    assert client.get(task["id"]).task() == task


@pytest.mark.parametrize("form", ["{tag}", "{strong}", ', "a", {tag}', 'W/"a",{tag} ,, "b,c",', "*", " * "])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_5_with_the_tasks_tag_it_changes(client: Client, form: str, method: str) -> None:
    task = client.created()
    tag = tag_of(client, task["id"])
    if_match = form.format(tag=tag, strong=tag.removeprefix("W/"))
    assert client.change(task["id"], {"subject": "Other"}, method=method, if_match=if_match).status == 200


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_5_with_another_versions_tag_a_412_with_the_current_one(client: Client, method: str) -> None:
    task = client.created()
    stale = tag_of(client, task["id"])
    changed = client.changed(task["id"], subject="Other")
    answer = client.change(task["id"], {"subject": "Third"}, method=method, if_match=stale)
    assert_problem(answer, 412, "precondition-failed")
    assert answer.headers["ETag"] == tag_of(client, task["id"]) != stale
    assert client.get(task["id"]).task() == changed
    assert client.change(task["id"], {"subject": "Third"}, if_match=answer.headers["ETag"]).status == 200


def test_10_5_a_stale_tag_comes_before_the_faults(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], {"task_type_id": str(uuid4())}, if_match='"stale"')
    assert_problem(answer, 412, "precondition-failed")


def test_10_5_the_tag_is_the_same_in_both_formats(json_client: Client, xml_client: Client) -> None:
    task = json_client.created()
    tag = json_client.change(task["id"], {"subject": "Other"}).headers["ETag"]
    assert tag == tag_of(json_client, task["id"]) == tag_of(xml_client, task["id"])
    assert xml_client.change(task["id"], {"subject": "Third"}, if_match=tag).status == 200


def test_10_5_the_originals_clients_need_none_and_are_heard_when_they_send_one(client: Client) -> None:
    task = client.created()
    for path in (f"/api/Task({task['id']})", f"/api/Task/{task['id']}"):
        more = {"method": "PUT", "path": path}
        assert client.change("", {"subject": path}, if_match=None, **more).status == 200
        stale = client.change("", {"subject": "Third"}, if_match='"stale"', **more)
        assert_problem(stale, 412, "precondition-failed")
        assert client.get(task["id"]).task()["subject"] == path


@pytest.mark.parametrize("form", ["", " ", "{bare}", '"a', "W/", "**", '*, "a"', '"a" "b"', 'w/"a"'])
def test_10_5_an_if_match_that_cannot_be_read_is_a_400(client: Client, form: str) -> None:
    task = client.created()
    if_match = form.format(bare=tag_of(client, task["id"])[3:-1])
    answer = client.change(task["id"], {"subject": "Other"}, if_match=if_match)
    assert_problem(answer, 400, "invalid-header")
    assert client.get(task["id"]).task() == task


def test_6_precondition_failed_in_both_formats(client: Client) -> None:
    answer = client.change(client.created()["id"], {"subject": "Other"}, if_match='"stale"')
    assert_problem(answer, 412, "precondition-failed")


def test_6_precondition_required_in_both_formats(client: Client) -> None:
    answer = client.change(client.created()["id"], {"subject": "Other"}, if_match=None)
    assert "If-Match" in assert_problem(answer, 428, "precondition-required")["detail"]


# ---- 10.6 -----------------------------------------------------------------------------------------------------------


def repeated(client: Client, task: dict[str, Any], sent: dict[str, Any], method: str, tag: str) -> list[Answer]:
    return [client.change(task["id"], sent, method=method, if_match=tag) for _ in range(3)]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("sent", [{"subject": "Other"}, {"subject": "Other", "task_status_id": COMPLETED}])
def test_10_6_a_repeated_change_is_no_conflict_and_no_change(client: Client, method: str, sent: dict[str, Any]) -> None:
    task = client.created(FILLED)
    answers = repeated(client, task, sent, method, tag_of(client, task["id"]))
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({answer.body for answer in answers}) == len({answer.headers["ETag"] for answer in answers}) == 1


@pytest.mark.parametrize("sent", [{}, {"subject": SUBJECT}, {"due_date": "2026-06-25T02:00:00+02:00"}, {"id2": 5}])
@pytest.mark.parametrize("if_match", ["*", '"stale"'])
def test_10_6_a_change_that_changes_nothing(client: Client, sent: dict[str, Any], if_match: str) -> None:
    task = client.created(FILLED)
    tag = tag_of(client, task["id"])
    answer = client.change(task["id"], sent, if_match=if_match)
    assert answer.status == 200
    assert answer.task() == task
    assert answer.headers["ETag"] == tag


def test_10_6_a_repetition_after_another_change_is_a_conflict(client: Client) -> None:
    task = client.created()
    tag = tag_of(client, task["id"])
    client.change(task["id"], {"subject": "Other"}, if_match=tag)
    client.changed(task["id"], subject="Third")
    assert_problem(client.change(task["id"], {"subject": "Other"}, if_match=tag), 412, "precondition-failed")


# ---- 10.7 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["2026-06-24T03:56:41.9999999", "2020-01-01T00:00:00.0000000"])
def test_10_7_modified_dateutc_grows_when_the_clock_stands_still_or_goes_back(
    json_client: Client, monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    monkeypatch.setattr(values, "now", lambda: "2026-06-24T03:56:41.9999999")
    task = json_client.created()
    monkeypatch.setattr(values, "now", lambda: clock)
    seen = [json_client.changed(task["id"], subject=f"Other {turn}")["modified_dateutc"] for turn in range(3)]
    assert seen == ["2026-06-24T03:56:42", "2026-06-24T03:56:42.0000001", "2026-06-24T03:56:42.0000002"]


def test_10_7_it_is_the_moment_of_the_change(json_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    task = json_client.created()
    monkeypatch.setattr(values, "now", lambda: "2099-06-24T03:56:41.4578039")
    assert json_client.changed(task["id"], subject="Other")["modified_dateutc"] == "2099-06-24T03:56:41.4578039"


# ---- 10.8 -----------------------------------------------------------------------------------------------------------


def test_10_8_the_whole_task_and_its_new_tag(client: Client) -> None:
    task = client.created(FILLED)
    before = tag_of(client, task["id"])
    answer = client.change(task["id"], {"subject": "Other"}, if_match=before)
    assert answer.status == 200
    assert answer.task()["subject"] == "Other"
    assert answer.headers["ETag"] == tag_of(client, task["id"]) != before
    assert "Location" not in answer.headers


def test_10_8_minimal_is_a_204_with_the_tag(client: Client) -> None:
    task = client.created()
    answer = client.change(task["id"], {"subject": "Other"}, headers={"Prefer": "return=minimal"})
    assert (answer.status, answer.body) == (204, "")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert answer.headers["ETag"] == tag_of(client, task["id"])
    assert client.get(task["id"]).task()["subject"] == "Other"


def test_10_8_the_format_is_negotiated(json_client: Client) -> None:
    task = json_client.created()
    answer = json_client.change(task["id"], {"subject": "Other"}, headers={"Accept": "text/xml"})
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.task()["subject"] == "Other"


# ---- Companies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "id2"])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_1_2_another_companys_task_cannot_be_changed_and_is_as_absent_as_any(
    client: Client, by: str, method: str
) -> None:
    stranger = client.stranger()
    theirs = stranger.created()
    missing = str(uuid4()) if by == "id" else "4711"
    for if_match in ("*", tag_of(stranger, theirs["id"])):
        answers = [
            client.change(address, {"subject": "Mine now"}, method=method, if_match=if_match)
            for address in (str(theirs[by]), missing)
        ]
        details = [assert_problem(answer, 404, "no-such-task")["detail"] for answer in answers]
        assert details[0] == details[1]
        assert all("ETag" not in answer.headers for answer in answers)
    assert stranger.get(theirs["id"]).task() == theirs


# ---- 7.8 ------------------------------------------------------------------------------------------------------------


def test_7_8_a_create_repeated_after_a_change_is_a_replay_with_the_task_as_it_is(client: Client) -> None:
    sent = {"id": str(uuid4()), "subject": SUBJECT, "remark": "It burns."}
    client.created(sent)
    changed = client.changed(sent["id"], {"subject": "Other", "remark": None, "task_status_id": COMPLETED})
    again = client.create(sent)
    assert again.status == 201
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.task() == changed
    assert again.headers["ETag"] == tag_of(client, sent["id"])
    as_it_is_now = client.create(sent | {"subject": "Other", "remark": None})
    assert_problem(as_it_is_now, 409, "task-exists")
    assert client.get(sent["id"]).task() == changed


def test_7_8_by_key_too(client: Client) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    task = client.create({"subject": SUBJECT}, headers=headers).task()
    changed = client.changed(task["id"], subject="Other")
    again = client.send(written(client.format, {"subject": SUBJECT}), headers=headers)
    assert (again.status, again.task()) == (201, changed)
