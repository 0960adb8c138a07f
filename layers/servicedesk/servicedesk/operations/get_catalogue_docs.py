"""Documentation of the catalogue."""

from collections.abc import Mapping
from dataclasses import replace

from servicedesk.operations.shared_docs import CATALOGUE, NOT_CHANGED, ORIGINAL, Answer, Documentation


def _entries(kind: str, id: str, what: str) -> Documentation:
    return Documentation(
        id=id,
        tag=ORIGINAL,
        summary=f"List {what}",
        description=f"List the {what} of the company's catalogue as the original does.",
        parameters=("$filter-entries", "$orderby-entries", "$top", "$skip", "$select-entries", "If-None-Match"),
        answers={
            200: Answer(
                description="The entries.",
                json=f"{kind}Page",
                xml=f"ArrayOf{kind}",
                headers=("ETag",),
            ),
            304: NOT_CHANGED,
        },
    )


def _entry(kind: str, id: str, what: str) -> Documentation:
    return replace(
        _entries(kind, id, what),
        summary=f"Read a {what}",
        description=f"Read one {what} of the company's catalogue by its id.",
        parameters=("$select-entries", "If-None-Match"),
        answers={200: Answer(description="The entry.", json=f"{kind}Entry", headers=("ETag",)), 304: NOT_CHANGED},
        problems=("no-such-route",),
    )


def _names(kind: str, id: str, what: str) -> Documentation:
    return replace(
        _entries(kind, id, what),
        summary=f"List translations of {what}",
        description=f"List the names of the {what}. The service has one language, so there are no translations.",
        parameters=("If-None-Match",),
        answers={
            200: Answer(description="The names.", json="Translations", xml=f"ArrayOf{kind}Name", headers=("ETag",)),
            304: NOT_CHANGED,
        },
    )


DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /catalogue": Documentation(
        id="getCatalogue",
        tag=CATALOGUE,
        summary="Read the catalogue",
        description="Read the types, statuses, priorities and tables of the company, with their ids and the defaults.",
        parameters=("If-None-Match",),
        answers={
            200: Answer(description="The catalogue.", json="Catalogue", headers=("ETag",)),
            304: NOT_CHANGED,
        },
    ),
    "GET /api/TaskType": _entries("TaskType", "listTaskTypes", "task types"),
    "GET /api/TaskStatus": _entries("TaskStatus", "listTaskStatuses", "task statuses"),
    "GET /api/TaskPriority": _entries("TaskPriority", "listTaskPriorities", "task priorities"),
    "GET /api/TaskType({id})": _entry("TaskType", "getTaskType", "task type"),
    "GET /api/TaskStatus({id})": _entry("TaskStatus", "getTaskStatus", "task status"),
    "GET /api/TaskPriority({id})": _entry("TaskPriority", "getTaskPriority", "task priority"),
    "GET /api/TaskType/Translations": _names("TaskType", "listTaskTypeNames", "task types"),
    "GET /api/TaskStatus/Translations": _names("TaskStatus", "listTaskStatusNames", "task statuses"),
}
