"""Documentation of a batch."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import BODY, TASKS, Answer, Documentation
from servicedesk.wire.batch_body import ID_CHARACTERS, REQUESTS

_HEADERS = {"type": "object", "additionalProperties": {"type": "string"}}
_BATCH = {
    "type": "object",
    "description": "The requests, in the JSON format of OData 4.01.",
    "properties": {
        "requests": {
            "type": "array",
            "description": "The requests. No two may name the same task.",
            "maxItems": REQUESTS,
            "items": {
                "type": "object",
                "description": "A create or a change.",
                "properties": {
                    "id": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": ID_CHARACTERS,
                        "description": "The id of the request within the batch.",
                    },
                    "method": {
                        "type": "string",
                        "description": "`POST` creates a task, `PATCH` and `PUT` change one.",
                        "enum": ["POST", "PATCH", "PUT"],
                    },
                    "url": {
                        "type": "string",
                        "description": "`Task` for a create, `Task(<id>)` for a change, with their query options.",
                        "minLength": 1,
                        "examples": ["Task"],
                    },
                    "headers": _HEADERS
                    | {"description": "Its own headers: `Idempotency-Key`, `If-Match` and `Prefer`."},
                    "body": {"description": "Its body, in JSON."},
                },
                "required": ["id", "method", "url"],
            },
        },
    },
    "required": ["requests"],
}
_ANSWERS = {
    "type": "object",
    "description": "The answers to the requests of a batch.",
    "properties": {
        "responses": {
            "type": "array",
            "description": "The answers, in the order of the requests.",
            "items": {
                "type": "object",
                "description": "The same answer that the request would get alone.",
                "properties": {
                    "id": {"type": "string", "description": "The id of the request."},
                    "status": {"type": "integer", "description": "Its status."},
                    "headers": _HEADERS | {"description": "Its headers."},
                    "body": {"description": "Its body, if it has one: ids, a task or a problem."},
                },
                "required": ["id", "status", "headers"],
            },
        },
    },
    "required": ["responses"],
}

DOCUMENTATION: Mapping[str, Documentation] = {
    "POST /api/$batch": Documentation(
        id="sendBatch",
        tag=TASKS,
        summary="Send many requests in one",
        description=f"""\
Create and change up to {REQUESTS} tasks in one request. Each request has the same effect and answer as alone, and one
that fails does not stop the others: check the `status` of each. They run in no particular order, but creates are
numbered in the order of the batch. A request that was not started for lack of time gets a 503, and changed nothing.

Give each create an `id` or an `Idempotency-Key`. After a lost answer you can then retry the whole batch, and nothing is
created twice.

Answers have only ids, or nothing for a change, unless a request sends `Prefer: return=representation`. Even then, an
answer that would make the whole larger than 5 MB is minimal.""",
        body="Batch",
        body_types=("application/json", "text/json"),
        answers={
            200: Answer(
                description="The answers to all requests, successful or not.",
                json="BatchAnswer",
                only_json=True,
                headers=("Preference-Applied",),
            )
        },
        problems=(*BODY, "invalid-header"),
        schemas={"Batch": _BATCH, "BatchAnswer": _ANSWERS},
        examples={
            "A create and a change": {
                "requests": [
                    {
                        "id": "1",
                        "method": "POST",
                        "url": "Task",
                        "headers": {"Idempotency-Key": "erp-order-4711"},
                        "body": {"subject": "Printer on fire"},
                    },
                    {
                        "id": "2",
                        "method": "PATCH",
                        "url": "Task(8d7c1c5e-53a4-4c0f-9a35-6f0e6a6d2b11)",
                        "body": {"task_status_id": "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"},
                    },
                ]
            },
        },
    ),
}
