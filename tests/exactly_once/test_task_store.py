"""The store itself: its writes and its conflicts."""

from typing import Any, cast
from uuid import uuid4

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from servicedesk.domain import content_digest
from servicedesk.domain.actor import Actor
from servicedesk.domain.faults import ConflictingTaskError, UnavailableError
from servicedesk.domain.task import REMARK_BYTES, Task
from servicedesk.store import dynamodb
from servicedesk.store.tasks import TaskStore

from tests.exactly_once.conftest import Service

OPERATIONS = ("GetItem", "PutItem", "UpdateItem")
CONDITION_FAILED = "ConditionalCheckFailedException"
LASTING = {"ResourceNotFoundException", "ItemCollectionSizeLimitExceededException"}
"""Errors that the same request meets again; the second cannot be had without a local index."""

SAID, OTHER = {"subject": "Printer"}, {"subject": "Other"}
"""The content of the task, and another one."""


@pytest.fixture
def store(service: Service) -> TaskStore:
    tasks: TaskStore = service.api.api.stores.tasks
    return tasks


@pytest.fixture
def task(company: str) -> Task:
    moment = "2026-06-24T03:56:41.4578039"
    return Task(
        id=str(uuid4()),
        task_type_id=str(uuid4()),
        task_status_id=str(uuid4()),
        task_priority_id=str(uuid4()),
        company_id=company,
        contact_id=None,
        to_db_table_id=None,
        to_db_table_name=None,
        to_id_in_table=None,
        subject="Printer",
        remark=None,
        customer_reference=None,
        date_create=moment,
        date_start=None,
        due_date=None,
        date_closed=None,
        archived=False,
        date_assigned=None,
        date_suggested_by_company=None,
        id2=None,
        reference_back_office=None,
        created_by_servicedesk_api=True,
        modified_dateutc=moment,
    )


def test_7_5_the_same_number_is_its_own_write(store: TaskStore, task: Task) -> None:
    first = store.create(task, SAID)
    assert store.create(task, SAID, number=1) == first
    with pytest.raises(ConflictingTaskError):
        store.create(task, OTHER, number=1)  # as after a counter was restored to an older state


def test_an_item_has_native_types_and_nothing_unset(service: Service, store: TaskStore, task: Task) -> None:
    store.create(task, SAID, Actor(task.contact_id, "0123456789abcdef"))
    key = {"pk": {"S": f"COMPANY#{task.company_id}"}, "sk": {"S": f"TASK#{task.id}"}}
    item = service.database.client().get_item(TableName=service.database.tasks_table, Key=key)["Item"]
    texts = ("task_type_id", "task_status_id", "task_priority_id", "subject", "date_create")
    flags = {"archived": {"BOOL": False}}
    assert item == key | {
        "fields": {"M": {name: {"S": getattr(task, name)} for name in texts} | flags},
        "modified_dateutc": {"S": task.modified_dateutc},
        "id2": {"N": "1"},
        "digest": {"S": content_digest.of_content(SAID)},
        "created": {"S": f"{task.modified_dateutc} 0123456789abcdef"},
        "version": {"N": "1"},
        "task_list": {"S": f"COMPANY#{task.company_id}#OPEN"},
    }


def test_the_largest_task_fits(service: Service, company: str) -> None:
    guid, date = str(uuid4()), "2026-06-24T03:56:41.4578039Z"
    body: dict[str, Any] = {
        "id": guid,
        "subject": "🖨" * 150,
        "remark": "ü" * (REMARK_BYTES // 2),
        "customer_reference": "🖨" * 50,
        "reference_back_office": "🖨" * 50,
        "to_db_table_name": "project",
        "to_id_in_table": guid,
    }
    dates = ("date_create", "date_start", "due_date", "date_assigned", "date_suggested_by_company")
    body |= dict.fromkeys(dates, date)
    created = service.api.create(body, company=company)
    assert created.status == 201
    again = service.api.create(body, company=company)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body == created.body == service.api.get(guid, company=company).body


def test_7_5_every_error_of_the_database_is_told_apart(service: Service) -> None:
    model = service.api.api.client.meta.service_model
    codes = {shape.name for operation in OPERATIONS for shape in model.operation_model(operation).error_shapes}
    assert codes >= LASTING | {CONDITION_FAILED, "ThrottlingException", "InternalServerError"}
    for code in codes - LASTING - {CONDITION_FAILED}:
        with pytest.raises(UnavailableError), dynamodb.temporary_faults_as_unavailable():
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "PutItem")
    for code in (*LASTING, CONDITION_FAILED, "AccessDeniedException", "ValidationException"):
        with pytest.raises(ClientError), dynamodb.temporary_faults_as_unavailable():
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "PutItem")


def test_7_5_a_table_that_operators_closed_is_unavailable() -> None:
    """IAM's words for a deny, and for a permission that nobody gave."""
    denied = "User: role is not authorized to perform: dynamodb:PutItem on resource: table "
    closed = f"{denied}with an explicit deny in an identity-based policy: arn:aws:iam::123456789012:policy/x"
    lacking = f"{denied}because no identity-based policy allows the dynamodb:PutItem action"
    with pytest.raises(UnavailableError, match="closed to writes"), dynamodb.temporary_faults_as_unavailable():
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": closed}}, "PutItem")
    with pytest.raises(ClientError), dynamodb.temporary_faults_as_unavailable():
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": lacking}}, "PutItem")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.EndpointConnectionError(endpoint_url="", error=""),
        exceptions.ConnectTimeoutError(endpoint_url="", error=""),
        exceptions.ConnectionClosedError(endpoint_url="", error=""),
        exceptions.ReadTimeoutError(endpoint_url="", error=""),
        exceptions.ProxyConnectionError(proxy_url="", error=""),
        exceptions.SSLError(endpoint_url="", error=ValueError()),
        exceptions.ResponseStreamingError(error=""),
        exceptions.HTTPClientError(error=""),
        exceptions.ChecksumError(checksum_type="", expected_checksum="", actual_checksum=""),
        ResponseParserError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        ClientError(cast("Any", {"ResponseMetadata": {"HTTPStatusCode": 502}}), "GetItem"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_7_5_no_answer_and_a_broken_one_are_unavailable(error: Exception) -> None:
    with pytest.raises(UnavailableError), dynamodb.temporary_faults_as_unavailable():
        raise error


@pytest.mark.parametrize("error", [exceptions.NoCredentialsError(), exceptions.NoRegionError(), KeyError("Item")])
def test_7_5_what_is_wrong_with_ourselves_is_not(error: Exception) -> None:
    with pytest.raises(type(error)), dynamodb.temporary_faults_as_unavailable():
        raise error
