"""Documentation of changing a task."""

from collections.abc import Mapping
from dataclasses import replace

from servicedesk.operations.shared_docs import BODY, BODY_TYPES, TASKS, Answer, Documentation, as_before

_CHANGED = {
    200: Answer(
        description="The task after the change.",
        json="Task",
        headers=("Content-Location", "ETag", "Ignored-Fields", "Preference-Applied"),
    ),
    204: Answer(
        description="The same, with `Prefer: return=minimal`.",
        headers=("Content-Location", "ETag", "Ignored-Fields", "Preference-Applied"),
    ),
}
_CHANGE_PROBLEMS = (*BODY, "invalid-header", "no-such-task", "precondition-failed", "invalid-task")
_CHANGE = Documentation(
    id="changeTask",
    tag=TASKS,
    summary="Change a task",
    description="""\
Change the fields that the body names, and leave all others as they are (RFC 7396). Null, or another value that means
"not filled", clears a field. A completed status closes the task, and another one opens it again.

Send the `ETag` of the task that you read in `If-Match`. If the task has changed since, the answer is 412, and nothing
is changed: read it again. A change that has already been made is answered with 200, so it is safe to retry.""",
    parameters=("validate_only", "If-Match", "Prefer-create"),
    body="TaskChange",
    body_types=("application/merge-patch+json", *BODY_TYPES),
    answers=_CHANGED,
    problems=(*_CHANGE_PROBLEMS, "precondition-required"),
    examples={
        "Another due date": {"due_date": "2026-06-30T17:00:00+02:00"},
        "Clear a field": {"customer_reference": None},
        "Close the task": {"task_status_id": "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"},
    },
)
_REPLACE = replace(
    _CHANGE,
    id="replaceTask",
    summary="Replace a task",
    description="""\
Replace all fields that a client may change. A field that is not filled is cleared, or gets its default. It never
creates a task. `If-Match` works as for a change.""",
    body="TaskReplacement",
    body_types=BODY_TYPES,
    examples={
        "Fields that are not filled are cleared": {
            "subject": "Printer on fire again",
            "due_date": "2026-07-01T17:00:00+02:00",
        },
    },
)

DOCUMENTATION: Mapping[str, Documentation] = {
    "PATCH /tasks/{id}": _CHANGE,
    "PUT /tasks/{id}": _REPLACE,
    **{
        f"{method} /api/{address}": as_before(
            documented,
            f"{documented.id.removesuffix('Task')}{name}",
            f"{documented.summary}, {way}",
            parameters=("validate_only", "If-Match-optional", "Prefer-create"),
            problems=_CHANGE_PROBLEMS,
        )
        for address, name, way in (
            ("Task/{id}", "TaskAsBefore", "as before"),
            ("Task({id})", "TaskEntity", "as an OData entity"),
        )
        for method, documented in (("PATCH", _CHANGE), ("PUT", _REPLACE))
    },
}
