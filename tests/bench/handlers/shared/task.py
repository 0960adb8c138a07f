"""A task as a pydantic model, and its two requests to DynamoDB; the rivals differ only in the code around it."""

import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import boto3
from botocore.exceptions import ClientError
from pydantic import BaseModel, Field

dynamodb = boto3.client("dynamodb")


class NewTask(BaseModel):
    id: UUID = Field(default_factory=uuid4)
    task_type_id: UUID = UUID("0d617cf0-d523-44dc-aadd-19baf06cf913")
    task_priority_id: UUID = UUID("d69a8b21-9de2-4ec2-9a48-f91277b2ba4c")
    to_db_table_id: UUID | None = None
    to_db_table_name: str | None = None
    to_id_in_table: UUID | None = None
    subject: str = Field(min_length=1, max_length=150)
    remark: str | None = None
    customer_reference: str | None = Field(default=None, max_length=50)
    reference_back_office: str | None = Field(default=None, max_length=50)
    date_create: datetime = Field(default_factory=lambda: datetime.now(UTC))
    date_start: datetime | None = None
    due_date: datetime | None = None
    date_assigned: datetime | None = None
    date_suggested_by_company: datetime | None = None


class Task(NewTask):
    task_status_id: UUID = UUID("d04abcdd-1a87-4d49-af1d-33ef6195ebd3")
    company_id: UUID
    contact_id: UUID | None
    archived: bool = False
    date_closed: datetime | None = None
    id2: int
    created_by_servicedesk_api: bool = True
    modified_dateutc: datetime = Field(default_factory=lambda: datetime.now(UTC))


class TaskExistsError(Exception):
    pass


def create(new_task: NewTask, caller: dict[str, Any]) -> Task:
    table = os.environ["TASKS_TABLE"]
    partition = f"COMPANY#{caller['company_id']}"
    counter = dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": partition}, "sk": {"S": "COUNTER"}},
        UpdateExpression="ADD last_id2 :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    task = Task(
        **new_task.model_dump(),
        company_id=caller["company_id"],
        contact_id=caller.get("contact_id"),
        id2=int(counter["Attributes"]["last_id2"]["N"]),
    )
    attributes = {name: attribute(value) for name, value in task.model_dump(mode="json", exclude_none=True).items()}
    try:
        dynamodb.put_item(
            TableName=table,
            Item={"pk": {"S": partition}, "sk": {"S": f"TASK#{task.id}"}} | attributes,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise TaskExistsError(str(task.id)) from error
        raise
    return task


def attribute(value: bool | int | str) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}
