"""Contract section 2: who fills each field."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api import assert_problem
from tests.contract.client import SUBJECT, Client

REPAIR, MAINTENANCE = "0d617cf0-d523-44dc-aadd-19baf06cf913", "5b2f7a52-1f0e-4c53-9e0b-6a6f3f6f4a01"
NEW, IN_PROGRESS = "d04abcdd-1a87-4d49-af1d-33ef6195ebd3", "7e5d2c18-93a4-4f6b-8d0f-2b9c4e1a7f03"
COMPLETED = "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"
NORMAL, HIGH = "d69a8b21-9de2-4ec2-9a48-f91277b2ba4c", "e2d3c4b5-a697-4889-b7a6-c5d4e3f2a106"
PROJECT, TASK = "78154eca-ded3-490f-a47d-543e38c0e63d", "448260e5-7a17-4381-a254-0b1d8fe53947"
DATE = "2026-06-24T03:56:41.4578039"
NO_VALUE_OF_ITS_KIND = "no value of its kind"


def now() -> str:
    return datetime.now(UTC).isoformat().removesuffix("+00:00")


def starting_in(status_id: str) -> list[Mapping[str, Any]]:
    """Task types whose default one names this status."""
    return [
        {"id": REPAIR, "name": "Repair request", "default": True, "default_status_id": status_id},
        {"id": MAINTENANCE, "name": "Maintenance"},
    ]


def test_2_id_is_the_client_s(client: Client) -> None:
    task_id = str(uuid4())
    assert client.created(id=task_id)["id"] == task_id


def test_2_id_is_derived_from_the_idempotency_key(client: Client) -> None:
    ids = [
        asking.create({"subject": SUBJECT}, headers={"Idempotency-Key": "order-7"}).task()["id"]
        for asking in (client, client, client.stranger())
    ]
    assert UUID(ids[0]).version == 5
    assert ids[0] == ids[1] != ids[2]


def test_2_id_is_new_where_the_client_names_none(client: Client) -> None:
    assert client.created()["id"] != client.created()["id"]


def test_2_task_type_id_is_one_of_the_catalogue(client: Client) -> None:
    assert client.created(task_type_id=MAINTENANCE)["task_type_id"] == MAINTENANCE
    client.refused("task_type_id", str(uuid4()), "unknown_reference")
    client.refused("task_type_id", "Maintenance", "invalid_guid")


def test_2_task_type_id_defaults_to_the_catalogue_s(client: Client) -> None:
    assert client.created()["task_type_id"] == REPAIR
    client.onboard(types=[{"id": MAINTENANCE, "name": "Maintenance", "default": True}])
    assert client.created()["task_type_id"] == MAINTENANCE


@pytest.mark.parametrize("sent", [IN_PROGRESS, NO_VALUE_OF_ITS_KIND])
def test_2_task_status_id_is_the_catalogue_s_default(client: Client, sent: str) -> None:
    assert client.created(task_status_id=sent)["task_status_id"] == NEW


def test_2_task_status_id_is_the_type_s_default_where_it_has_one(client: Client) -> None:
    client.onboard(types=starting_in(IN_PROGRESS))
    assert client.created()["task_status_id"] == IN_PROGRESS
    assert client.created(task_type_id=MAINTENANCE)["task_status_id"] == NEW


def test_2_task_priority_id_is_one_of_the_catalogue_or_its_default(client: Client) -> None:
    assert client.created(task_priority_id=HIGH)["task_priority_id"] == HIGH
    assert client.created()["task_priority_id"] == NORMAL
    client.refused("task_priority_id", str(uuid4()), "unknown_reference")


@pytest.mark.parametrize("sent", ["586e803d-0d26-4307-9727-b1f8abd97122", NO_VALUE_OF_ITS_KIND])
def test_2_company_id_is_that_of_the_credentials(client: Client, sent: str) -> None:
    assert client.created(company_id=sent)["company_id"] == client.company


@pytest.mark.parametrize("contact", [None, "c0c0c0c0-0000-4000-8000-00000000000c"])
@pytest.mark.parametrize("sent", ["4c11664c-c6df-4e35-beb3-0290ddc7b6d7", NO_VALUE_OF_ITS_KIND])
def test_2_contact_id_is_that_of_the_credentials(client: Client, contact: str | None, sent: str) -> None:
    asking = Client(client.api, client.company, client.format, contact)
    assert asking.created(contact_id=sent)["contact_id"] == contact


def test_2_to_db_table_id_brings_the_name(client: Client) -> None:
    assert client.created(to_db_table_id=PROJECT)["to_db_table_name"] == "project"


def test_2_to_db_table_id_has_to_be_in_the_catalogue(client: Client) -> None:
    client.refused("to_db_table_id", str(uuid4()), "unknown_reference")


@pytest.mark.parametrize("name", ["project", "PROJECT", "Project"])
def test_2_to_db_table_name_brings_the_id_whatever_its_case(client: Client, name: str) -> None:
    task = client.created(to_db_table_name=name)
    assert (task["to_db_table_id"], task["to_db_table_name"]) == (PROJECT, "project")


def test_2_to_db_table_name_has_to_be_in_the_catalogue(client: Client) -> None:
    client.refused("to_db_table_name", "projects", "unknown_reference")


def test_2_to_db_table_name_agrees_with_the_id(client: Client) -> None:
    assert client.created(to_db_table_id=PROJECT, to_db_table_name="Project")["to_db_table_id"] == PROJECT
    answer = client.create({"subject": SUBJECT, "to_db_table_id": TASK, "to_db_table_name": "project"})
    assert_problem(answer, 422, "invalid-task", ("to_db_table_name", "conflicting_reference"))


def test_2_to_id_in_table_needs_a_table(client: Client) -> None:
    linked = str(uuid4())
    assert client.created(to_id_in_table=linked, to_db_table_name="project")["to_id_in_table"] == linked
    assert client.created(to_id_in_table=linked, to_db_table_id=PROJECT)["to_id_in_table"] == linked
    client.refused("to_id_in_table", linked, "missing_reference")


@pytest.mark.parametrize("table", ["to_db_table_id", "to_db_table_name"])
@pytest.mark.parametrize("unfilled", [None, ""])
def test_2_to_id_in_table_needs_more_than_the_name_of_an_empty_field(
    client: Client, table: str, unfilled: str | None
) -> None:
    answer = client.create({"subject": SUBJECT, "to_id_in_table": str(uuid4()), table: unfilled})
    assert_problem(answer, 422, "invalid-task", ("to_id_in_table", "missing_reference"))


def test_2_to_id_in_table_adds_no_fault_to_that_of_the_table(client: Client) -> None:
    for wrong in (str(uuid4()), "no guid"):
        answer = client.create({"subject": SUBJECT, "to_id_in_table": str(uuid4()), "to_db_table_id": wrong})
        code = "unknown_reference" if wrong != "no guid" else "invalid_guid"
        assert_problem(answer, 422, "invalid-task", ("to_db_table_id", code))


@pytest.mark.parametrize(
    "fields", [{}, {"subject": None}, {"subject": ""}, {"subject": " \t\n"}, {"subject": "\u00a0"}]
)
def test_2_subject_is_required(client: Client, fields: Mapping[str, Any]) -> None:
    assert_problem(client.create(fields), 422, "invalid-task", ("subject", "required"))


@pytest.mark.parametrize("character", ["x", "é", "🔥"])
def test_2_subject_has_up_to_150_characters(client: Client, character: str) -> None:
    assert client.created(subject=character * 150)["subject"] == character * 150
    assert int(client.refused("subject", character * 151, "too_long")["limit"]) == 150


@pytest.mark.parametrize("character", ["x", "é", "🔥"])
def test_2_remark_has_up_to_262144_bytes(client: Client, character: str) -> None:
    longest = character * (262_144 // len(character.encode()))
    assert client.created(remark=longest)["remark"] == longest
    assert int(client.refused("remark", longest + character, "too_long")["limit"]) == 262_144


def test_2_customer_reference_has_up_to_50_characters(client: Client) -> None:
    assert client.created(customer_reference="é" * 50)["customer_reference"] == "é" * 50
    assert int(client.refused("customer_reference", "é" * 51, "too_long")["limit"]) == 50


def test_2_reference_back_office_has_up_to_50_characters(client: Client) -> None:
    assert client.created(reference_back_office="é" * 50)["reference_back_office"] == "é" * 50
    assert int(client.refused("reference_back_office", "é" * 51, "too_long")["limit"]) == 50


def test_2_date_create_is_the_client_s_or_now(client: Client) -> None:
    assert client.created(date_create=DATE)["date_create"] == DATE
    before = now()
    assert before <= client.created()["date_create"] <= now()


def test_2_date_start_is_the_client_s(client: Client) -> None:
    assert_a_date_of_the_client(client, "date_start")


def test_2_due_date_is_the_client_s(client: Client) -> None:
    assert_a_date_of_the_client(client, "due_date")


def test_2_date_assigned_is_the_client_s(client: Client) -> None:
    assert_a_date_of_the_client(client, "date_assigned")


def test_2_date_suggested_by_company_is_the_client_s(client: Client) -> None:
    assert_a_date_of_the_client(client, "date_suggested_by_company")


def assert_a_date_of_the_client(client: Client, field: str) -> None:
    assert client.created({field: DATE})[field] == DATE
    assert client.created()[field] is None
    client.refused(field, "tomorrow", "invalid_date")


@pytest.mark.parametrize("sent", [True, False, NO_VALUE_OF_ITS_KIND])
def test_2_archived_is_true_exactly_when_the_status_is_a_completed_one(client: Client, sent: object) -> None:
    assert client.created(archived=sent)["archived"] is False
    client.onboard(types=starting_in(COMPLETED))
    assert client.created(archived=sent)["archived"] is True


@pytest.mark.parametrize("sent", [DATE, NO_VALUE_OF_ITS_KIND])
def test_2_date_closed_is_set_when_archived(client: Client, sent: str) -> None:
    assert client.created(date_closed=sent)["date_closed"] is None
    client.onboard(types=starting_in(COMPLETED))
    before = now()
    assert before <= client.created(date_closed=sent)["date_closed"] <= now()


@pytest.mark.parametrize("sent", [20, NO_VALUE_OF_ITS_KIND])
def test_2_id2_is_the_company_s_next_number(client: Client, sent: object) -> None:
    assert [client.created(id2=sent)["id2"] for _ in range(3)] == [1, 2, 3]
    assert client.stranger().created(id2=sent)["id2"] == 1


@pytest.mark.parametrize("sent", [True, False, NO_VALUE_OF_ITS_KIND])
def test_2_created_by_servicedesk_api_is_true(client: Client, sent: object) -> None:
    assert client.created(created_by_servicedesk_api=sent)["created_by_servicedesk_api"] is True


@pytest.mark.parametrize("sent", [DATE, NO_VALUE_OF_ITS_KIND])
def test_2_modified_dateutc_is_the_moment_of_the_write(client: Client, sent: str) -> None:
    before = now()
    assert before <= client.created(modified_dateutc=sent)["modified_dateutc"] <= now()
