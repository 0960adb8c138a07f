"""Writes docs/task-event.schema.json: what consumers can rely on in an event (contract section 12).

    python -m tools.event_schema

The task in it comes from the declaration that validates requests, so the two cannot differ; a test compares the file.
"""

import json
from pathlib import Path
from typing import Any

from servicedesk.domain.task import Task
from servicedesk.domain.task_event import EventType
from servicedesk.wire.event_entry import OMITTED_WHEN_LARGE, SOURCE

from tools.template import ROOT

FILE = ROOT / "docs/task-event.schema.json"
UUID = {"type": "string", "format": "uuid"}


def schema() -> dict[str, Any]:
    """The JSON Schema of an event as EventBridge passes it on."""
    task = Task.model_json_schema(mode="serialization")
    names = list(task["properties"])
    for described in task["properties"].values():
        # Neither concerns a consumer: the title repeats the name, and the digests of creates are the store's.
        del described["title"], described["x-content-rule"]
    # Every version has all fields, null where unset, but for the one that makes events too large.
    task["required"] = [name for name in names if name != OMITTED_WHEN_LARGE]
    task |= {"title": "Task", "description": "The whole task, as GET /tasks/{id} answered at that version."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Task event",
        "description": "One creation or change of a task, as EventBridge passes it on. Ignore members that are "
        "not here: later releases may add some.",
        "type": "object",
        "required": ["source", "detail-type", "detail"],
        "properties": {
            "source": {"const": SOURCE},
            "detail-type": {"enum": [str(kind) for kind in EventType]},
            "detail": {
                "type": "object",
                "required": ["event_id", "company_id", "version", "task"],
                "properties": {
                    "event_id": UUID | {"description": "The same for each repetition of this event."},
                    "company_id": UUID | {"description": "The company that the task belongs to."},
                    "version": {
                        "type": "integer",
                        "minimum": 1,
                        "description": "1 for the creation, and one more for each change of the task.",
                    },
                    "task": {"$ref": "#/$defs/Task"},
                    "changed": {
                        "type": "array",
                        "items": {"enum": names},
                        "description": "The fields that the change gave other values. Not there for a creation.",
                    },
                    "previous": {
                        "type": "object",
                        "properties": {name: {"$ref": f"#/$defs/Task/properties/{name}"} for name in names},
                        "description": "The values of those fields before the change. Not there for a creation.",
                    },
                    "omitted": {
                        "type": "array",
                        "items": {"const": OMITTED_WHEN_LARGE},
                        "description": "What task and previous lack, because the event would be too large with it.",
                    },
                },
                "if": {"required": ["changed"]},
                "then": {"required": ["previous"]},
            },
        },
        "$defs": {"Task": task},
    }


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2) + "\n"


def main(file: Path = FILE) -> None:
    """Write the file."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(text())


if __name__ == "__main__":
    main()
