"""What the OpenAPI document says of events (contract section 12), for the consumers that an operator attaches."""

import json
from collections.abc import Mapping
from typing import Any

from servicedesk.domain import task_event
from servicedesk.domain.actor import Actor
from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_event import EventType, TaskEvent
from servicedesk.wire import event_entry
from servicedesk.wire.event_entry import OMITTED_WHEN_LARGE, SOURCE

DESCRIPTION = """\
Whoever operates this service can let you react to tasks instead of asking for them. Each creation and each change puts
one event on the EventBridge bus of the service. Its rules deliver events to queues, functions and webhooks.

An event arrives at least once. A repetition has the same `event_id`, and `epoch` and then `version` order
the events of a task. Ignore
members that you do not know: later releases may add some."""

_UUID = {"type": "string", "format": "uuid"}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of an event as EventBridge passes it on. It refers to the schema ``ListedTask``."""
    task = "#/components/schemas/ListedTask"
    # Every version has all fields, null where unset, but for the one that makes events too large.
    whole = [name for name in FIELDS if name != OMITTED_WHEN_LARGE]
    detail = {
        "event_id": _UUID | {"description": "Names the event. A repetition has the same one."},
        "company_id": _UUID | {"description": "The company that the task belongs to."},
        "epoch": {
            "type": "string",
            "minLength": 1,
            "description": "Grows, compared as text, with each restore of the table. `epoch` and then `version` order "
            "the events of a task.",
        },
        "version": {
            "type": "integer",
            "minimum": 1,
            "description": "1 for the creation, and one more for each change of the task. After a restore, versions "
            "can come a second time with a greater `epoch`.",
        },
        "actor": {
            "type": "object",
            "description": "Whose credentials the write was made with. The members are null where it had none.",
            "required": ["contact_id", "key_id"],
            "properties": {
                "contact_id": {"type": ["string", "null"], "format": "uuid", "description": "Their contact."},
                "key_id": {"type": ["string", "null"], "description": "The id of the API key, which is not secret."},
            },
        },
        "task": {
            "description": "The whole task, as `GET /tasks/{id}` answered at that version.",
            "allOf": [{"$ref": task}],
            "required": whole,
        },
        "changed": {
            "type": "array",
            "items": {"type": "string", "enum": list(FIELDS)},
            "description": "Only of a change: the fields that got other values.",
        },
        "previous": {
            "description": "Only of a change: the values of those fields before it.",
            "allOf": [{"$ref": task}],
        },
        "omitted": {
            "type": "array",
            "items": {"type": "string", "const": OMITTED_WHEN_LARGE},
            "description": "What `task` and `previous` lack, because the event would be too large with it.",
        },
    }
    return {
        "type": "object",
        "description": "One creation or change of a task, as EventBridge passes it on.",
        "required": ["source", "detail-type", "detail"],
        "properties": {
            "source": {"type": "string", "const": SOURCE, "description": "Tells these events from others."},
            "detail-type": {"type": "string", "enum": list(EventType), "description": "What happened to the task."},
            "detail": {
                "type": "object",
                "description": "The event itself.",
                "required": ["event_id", "company_id", "epoch", "version", "actor", "task"],
                "properties": detail,
                "dependentRequired": {"changed": ["previous"]},
            },
        },
    }


def webhook(task: Task) -> Mapping[str, Any]:
    """Return what OpenAPI calls a webhook: the request that EventBridge sends to one. The example tells of ``task``."""
    return {
        "post": {
            "operationId": "taskEvent",
            "summary": "Events",
            "description": DESCRIPTION,
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/TaskEvent"},
                        "example": _example(task),
                    }
                },
            },
            "responses": {"200": {"description": "The webhook has taken the event, within 5 seconds."}},
        }
    }


def example(task: Task) -> TaskEvent:
    """Return the event of an example of a change."""
    before = task.model_copy(update={"due_date": None, "modified_dateutc": task.date_create})
    after = task.model_copy(update={"modified_dateutc": "2026-06-25T08:00:00"})
    actor = Actor(task.contact_id, "0123456789abcdef")
    event = task_event.changed(before, after, "2026-06-01T00:00:00.000", 2, actor)
    if not event:
        raise ValueError("The example has to be a change.")
    return event


def _example(task: Task) -> Mapping[str, object]:
    entry = event_entry.of_event(example(task), lambda _: True)
    return {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
