"""Documentation of creating a task."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import BODY, TASKS, Answer, Documentation, as_before

_CREATED = ("ETag", "Idempotent-Replayed", "Ignored-Fields", "Location", "Preference-Applied")

_CREATE = Documentation(
    id="createTask",
    tag=TASKS,
    summary="Create a task",
    description="""\
Create a task in the company of your key. Only `subject` is required. The answer has the whole task, its number in
`id2`, and its address in `Location`.

An empty value, null, the zero GUID, 1980-01-01 and 0001-01-01 count as not filled. The header `Ignored-Fields` names
fields that the service ignores; with `Prefer: handling=strict` they are errors. Dates without a zone are in UTC.

With an `id` or an `Idempotency-Key`, the request is idempotent: a retry never makes a second task.""",
    parameters=("validate_only", "Idempotency-Key", "Prefer-create"),
    body="NewTask",
    answers={
        200: Answer(
            description="Only with `validate_only=true`: the task as it would be, without a number. Nothing is stored.",
            json="TaskOrIds",
            headers=("Idempotent-Replayed", "Ignored-Fields", "Preference-Applied"),
        ),
        201: Answer(
            description="The task is stored.",
            json="TaskOrIds",
            headers=_CREATED,
            links={
                "getTask": {"id": "$response.body#/id"},
                "changeTask": {"id": "$response.body#/id", "If-Match": "$response.header.ETag"},
            },
        ),
    },
    problems=(*BODY, "invalid-header", "task-exists", "invalid-task", "idempotency-key-reused"),
    examples={
        "Only what is required": {"subject": "Printer on fire"},
        "All that a client can fill": {
            "id": "8d7c1c5e-53a4-4c0f-9a35-6f0e6a6d2b11",
            "task_type_id": "0d617cf0-d523-44dc-aadd-19baf06cf913",
            "task_priority_id": "e2d3c4b5-a697-4889-b7a6-c5d4e3f2a106",
            "to_db_table_id": "78154eca-ded3-490f-a47d-543e38c0e63d",
            "to_db_table_name": "project",
            "to_id_in_table": "df39fee8-721c-4c83-9fe2-6403dce36537",
            "subject": "Printer on fire",
            "remark": "Third floor, beside the kitchen.\nIt smells of toner & smoke.",
            "customer_reference": "PO-4711",
            "date_create": "2026-06-24T03:56:41.4578039Z",
            "date_start": "2026-06-24T08:00:00Z",
            "due_date": "2026-06-26T17:00:00+02:00",
            "date_assigned": "2026-06-24T09:30:00Z",
            "date_suggested_by_company": "2026-06-25T08:00:00Z",
            "reference_back_office": "BO-2026-118",
        },
    },
)

DOCUMENTATION: Mapping[str, Documentation] = {
    "POST /tasks": _CREATE,
    "POST /api/Task": as_before(_CREATE, "createTaskAsBefore", "Create a task, as before"),
}
