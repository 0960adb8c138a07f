"""Documentation of the history of a task."""

from collections.abc import Mapping

from servicedesk.domain.task import FIELDS
from servicedesk.domain.task_event import EventType
from servicedesk.operations.shared_docs import TASKS, Answer, Documentation

_NAMES = {"type": "array", "items": {"type": "string", "enum": list(FIELDS)}, "xml": {"wrapped": True}}
_VALUES = [{"$ref": "#/components/schemas/ListedTask"}]

_CHANGE: Mapping[str, object] = {
    "type": "object",
    "description": "The creation of a task, or one change.",
    "required": ["version", "type", "date", "contact_id", "key_id"],
    "properties": {
        "version": {
            "type": "integer",
            "minimum": 1,
            "description": "1 for the creation, and one more for each change.",
        },
        "type": {"type": "string", "enum": list(EventType), "description": "What happened, as events call it."},
        "date": {"type": "string", "format": "date-time", "description": "The task's `modified_dateutc` after it."},
        "contact_id": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The contact who made it, if the credentials name one.",
        },
        "key_id": {"type": ["string", "null"], "description": "The id of the API key that made it. It is not secret."},
        "changed": _NAMES | {"description": "Only of a change: the changed fields."},
        "previous": {"allOf": _VALUES, "description": "Only of a change: the old values of these fields."},
        "current": {"allOf": _VALUES, "description": "Only of a change: the new values of these fields."},
        "omitted": _NAMES | {"description": "The changed fields whose values are too large for the entry: `remark`."},
    },
    "dependentRequired": {"changed": ["previous", "current"]},
    "xml": {"name": "change"},
}

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /tasks/{id}/history": Documentation(
        id="getHistory",
        tag=TASKS,
        summary="Read who changed a task, and when",
        description="""\
Read the history of a task, the newest entry first, page by page: its creation and each change, with the old and the new
values, the contact and the key. Nobody can write or change an entry.

An entry appears within seconds of its write. `Task-Version` is the current version of the task. If the page lacks no
entry, `Complete-To-Version` is the same; otherwise it is the version below the page's highest gap: try again a moment
later.""",
        parameters=("$top", "$skip", "$skiptoken", "Prefer-list"),
        answers={
            200: Answer(
                description="A page of the history.",
                json="TaskHistory",
                xml="ArrayOfChange",
                headers=("Complete-To-Version", "Content-Location", "Link", "OData-Version", "Task-Version"),
            )
        },
        problems=("no-such-task",),
        schemas={
            "HistoryEntry": _CHANGE,
            "TaskHistory": {
                "type": "object",
                "description": "A page of a task's history.",
                "required": ["@odata.context", "value"],
                "properties": {
                    "@odata.context": {"type": "string", "description": "The context URL of OData."},
                    "value": {
                        "type": "array",
                        "description": "The entries of the page.",
                        "items": {"$ref": "#/components/schemas/HistoryEntry"},
                    },
                    "@odata.nextLink": {
                        "type": "string",
                        "description": "The address of the next page; the last page has none.",
                    },
                },
            },
            "ArrayOfChange": {
                "type": "array",
                "description": "A page of a task's history in XML; `Link` has the next page.",
                "items": {"$ref": "#/components/schemas/HistoryEntry"},
                "xml": {"name": "ArrayOfchange", "wrapped": True},
            },
        },
    ),
}
