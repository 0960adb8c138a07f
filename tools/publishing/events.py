"""The documentation of events in the OpenAPI document (contract section 12)."""

import json
from collections.abc import Mapping
from typing import Any

from servicedesk.domain import task_event
from servicedesk.domain.actor import Actor
from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_event import EventType, TaskEvent
from servicedesk.wire import event_entry
from servicedesk.wire.event_entry import OMITTED_WHEN_LARGE, SOURCE

from tools.publishing.schemas import Schema, entire, of

DESCRIPTION = """\
The operator of this service can let you react to tasks instead of polling for them. Each creation and each change puts
one event on the EventBridge bus of the service. Its rules deliver events to queues, functions and webhooks.

An event arrives at least once. A duplicate has the same `event_id`; order the events of a task by `epoch` and then by
`version`. Ignore members that you do not know: later releases may add some."""


def schema() -> Schema:
    """Return the JSON Schema of an event as EventBridge delivers it. It refers to the schema ``ListedTask``."""
    task = [{"$ref": "#/components/schemas/ListedTask"}]
    # Every version has all fields, null where unset, except for the one that can make events too large.
    whole = [name for name in FIELDS if name != OMITTED_WHEN_LARGE]
    actor = {
        "contact_id": of(["string", "null"], "The contact.", format="uuid"),
        "key_id": of(["string", "null"], "The id of the API key. It is not secret."),
    }
    detail = {
        "event_id": of("string", "The id of the event. A duplicate has the same one.", format="uuid"),
        "company_id": of("string", "The company of the task.", format="uuid"),
        "epoch": of(
            "string",
            "Grows, compared as text, with each restore of the table. Order the events of a task by `epoch` and then "
            "by `version`.",
            minLength=1,
        ),
        "version": of(
            "integer",
            "1 for the creation, and one more for each change of the task. After a restore, versions can repeat with a "
            "greater `epoch`.",
            minimum=1,
        ),
        "actor": entire("The author of the write. The members are null if they are unknown.", actor),
        "task": {
            "description": "The whole task at this version, as in `GET /tasks/{id}`.",
            "allOf": task,
            "required": whole,
        },
        "changed": of(
            "array",
            "Only of a change: the changed fields.",
            items={"type": "string", "enum": list(FIELDS)},
        ),
        "previous": {"description": "Only of a change: the old values of these fields.", "allOf": task},
        "omitted": of(
            "array",
            "The field that `task` and `previous` lack, because the event would be too large.",
            items={"type": "string", "const": OMITTED_WHEN_LARGE},
        ),
    }
    event = {
        "source": of("string", "The source of all these events.", const=SOURCE),
        "detail-type": of("string", "What happened to the task.", enum=list(EventType)),
        "detail": of(
            "object",
            "The event itself.",
            required=["event_id", "company_id", "epoch", "version", "actor", "task"],
            properties=detail,
            dependentRequired={"changed": ["previous"]},
        ),
    }
    return entire("One creation or change of a task, as EventBridge delivers it.", event)


def webhook(task: Task) -> Mapping[str, Any]:
    """Return the webhook: the request that EventBridge sends. The example is a change of ``task``."""
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
            "responses": {"200": {"description": "The webhook has accepted the event, within 5 seconds."}},
        }
    }


def example(task: Task) -> TaskEvent:
    """Return the event of an example change."""
    before = task.model_copy(update={"due_date": None, "modified_dateutc": task.date_create})
    after = task.model_copy(update={"modified_dateutc": "2026-06-25T08:00:00"})
    actor = Actor(task.contact_id, "0123456789abcdef")
    event = task_event.changed(before, after, "2026-06-01T00:00:00.000", 2, actor)
    if not event:
        raise ValueError("The example must be a change.")
    return event


def _example(task: Task) -> Mapping[str, object]:
    entry = event_entry.of_event(example(task), lambda _: True)
    return {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
