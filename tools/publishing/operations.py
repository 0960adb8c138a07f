"""What the published documents say of each operation, in words: the one place for prose.

Fields, limits, routes, problem types and their titles come from the declarations (``tools.publishing.document``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

TASKS, CATALOGUE, ORIGINAL, ABOUT = "Tasks", "Catalogue", "Addresses of the original API", "About this API"
TAGS = {
    TASKS: "Create tasks, read them, list them, and follow what changes.",
    CATALOGUE: "The types, statuses, priorities and tables that the tasks of a company can refer to.",
    ORIGINAL: "What clients of the original API call. New clients have no need of them.",
    ABOUT: "This page, the console and the OpenAPI document. They need no key.",
}

INTRODUCTION = """\
Create the tasks of a service desk, find them again and keep a copy of them in step, in JSON or XML.

Each request carries an API key of your company: `Authorization: Bearer <key>`. `Basic`, with the key as user name or
password, works as well. A key sees and makes the tasks of its own company and of no other.

Say in `Content-Type` whether you send JSON or XML, and in `Accept` which of them you want back.
"""

RETRYING = """\
## How to retry

Choose the identity of a task before the first attempt, and keep it: the field `id`, or else the header
`Idempotency-Key`. The same identity with the same content is the same task, however often it is sent and however long
ago the first time was. The answer is then 201 again, with `Idempotent-Replayed: true`.

Where no answer came, or one of 429, 500 or 503, send the same request again: after as many seconds as `Retry-After`
says, or else after 1, 2, 4, … seconds. Any other 4xx will not change by itself, so correct the request first.

A create with neither `id` nor `Idempotency-Key` that is sent twice makes two tasks.
"""

PAGING = """\
## How to read a list

A list comes in pages of up to 100 tasks; `Prefer: maxpagesize=500` asks for larger ones. Follow `@odata.nextLink`, or
the header `Link` with `rel="next"`, until a page has neither. A page can be short, or empty, and still have a next one.

A task that does not change while you follow the links is shown exactly once. Use each link as it is: it holds the
whole query.

To keep a copy in step, read `/tasks/delta` to its last page and keep that page's `@odata.deltaLink`. Call the link
later, and it answers with what was created or changed since, and with a new link. A task can be shown twice, but no
change is ever left out.
"""

CODES = {
    "required": "The field has to be filled.",
    "too_long": "The text is longer than `limit`.",
    "invalid_guid": "The value is not a GUID.",
    "invalid_date": "The value is not a date, or can be read two ways.",
    "invalid_string": "The value is not a text, or has a character that XML cannot carry.",
    "unknown_reference": "The company's catalogue has no such entry.",
    "conflicting_reference": "Two fields name different entries.",
    "missing_reference": "The field needs another one beside it.",
    "unknown_field": "A task has no such field. It is an error only with `Prefer: handling=strict`.",
    "server_assigned": "The service sets this field. It is an error only with `Prefer: handling=strict`.",
}
"""The codes of single fields (contract section 6)."""

PROBLEMS = {
    "malformed-body": "The body is empty, is not well-formed, or is not a task.",
    "invalid-header": "A header of the request, which the detail names, cannot be used as it is.",
    "invalid-parameter": "A query option cannot be read or is not supported. The detail says what is.",
    "bad-request": "The request is not one that the gateway of the API takes.",
    "unauthorized": "The request has no API key.",
    "forbidden": "The API key is unknown, expired, revoked or not yet in use.",
    "no-company": "The credentials name no company.",
    "no-such-task": "The company has no such task. A task of another company gets the same answer.",
    "no-such-route": "The API has no such path, or not with this method.",
    "task-exists": "The `id` is that of a different task of the company, which `Location` names.",
    "precondition-failed": "The task is another version than `If-Match` names. The answer has its `ETag`.",
    "precondition-required": "A change needs `If-Match`, so that no client overwrites what it has not seen.",
    "body-too-large": "The body has more than 1 MiB.",
    "unsupported-media-type": "The body is neither JSON nor XML, or is in another charset than utf-8 and utf-16.",
    "invalid-task": "One or more fields are not valid. `errors` lists them all, each with its code.",
    "idempotency-key-reused": "The `Idempotency-Key` came before, with other content.",
    "too-many-requests": "The company, or all companies together, sent more than the limit.",
    "internal": "Something failed that the request is not to blame for. The detail tells nothing of it.",
    "unavailable": "The service did not answer in time. Send the same request again.",
}
"""When a client meets each type of problem."""

EVERYWHERE = ("unauthorized", "forbidden", "no-company", "too-many-requests", "internal", "unavailable")
"""What any operation with credentials can be answered with."""

BODY_TYPES = ("application/json", "text/json", "application/xml", "text/xml")

BODY = ("malformed-body", "unsupported-media-type", "body-too-large")

EXAMPLES: Mapping[str, Mapping[str, Mapping[str, object]]] = {
    "NewTask": {
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
    "TaskChange": {
        "Another due date, no reference": {"due_date": "2026-06-30T17:00:00+02:00", "customer_reference": None},
        "Close the task": {"task_status_id": "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"},
    },
    "TaskReplacement": {
        "All that is not filled is cleared": {
            "subject": "Printer on fire again",
            "due_date": "2026-07-01T17:00:00+02:00",
        },
    },
    "TaskViewSearch": {
        "The first 500 open tasks": {
            "archived": False,
            "query_object": {"startRow": 0, "endRow": 500, "filterModel": {}, "sortModel": []},
        },
    },
}
"""Bodies that are sent as they are, by schema and by what they show. They refer to the built-in catalogue."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is no problem.

    Attributes:
        description: when it is given, or what it holds.
        json: the schema of the body in JSON, by its name, or empty where there is no body.
        xml: the schema of the body in XML, where it is another one.
        headers: the headers that it can have beside those of all answers.
        links: what can be called with what it holds, as OpenAPI's links: the operation, and its parameters as runtime
            expressions.
    """

    description: str
    json: str = ""
    xml: str = ""
    headers: Sequence[str] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is said of an operation.

    Attributes:
        id: its name for programs.
        tag: the part of the documents where it stands.
        summary: its name for people.
        description: what it does.
        parameters: the names of its parameters, beside those in its path.
        body: the schema of the request's body, by its name.
        body_types: the media types of that body.
        answers: its answers by status.
        problems: the types of problem that it can be answered with, beside those of all operations.
        is_public: whether it needs no key.
        alias_of: the operation of which it is another address.
    """

    id: str
    tag: str
    summary: str
    description: str
    parameters: Sequence[str] = ()
    body: str = ""
    body_types: Sequence[str] = BODY_TYPES
    answers: Mapping[int, Answer]
    problems: Sequence[str] = ()
    is_public: bool = False
    alias_of: str = ""


_CREATED = ("ETag", "Idempotent-Replayed", "Ignored-Fields", "Location", "Preference-Applied")
_NOT_CHANGED = Answer(description="What `If-None-Match` names is what there is.", headers=("ETag",))
_PAGE = Answer(
    description="A page of the list.",
    json="TaskPage",
    xml="ArrayOfTask",
    headers=("Link", "Preference-Applied"),
    links={"getTask": {"id": "$response.body#/value/0/id"}},
)
_VIEWS = Answer(
    description="A page of the list.",
    json="TaskViewPage",
    xml="ArrayOfTaskView",
    headers=("Link", "Preference-Applied"),
)

_CREATE = Operation(
    id="createTask",
    tag=TASKS,
    summary="Create a task",
    description="""\
Create a task in the company of your key. Only `subject` is required. The answer has the whole task, its number in
`id2`, and its address in `Location`.

An empty value, null, the zero GUID, 1980-01-01 and 0001-01-01 count as not filled. Fields that the service does not
take are named in the header `Ignored-Fields`, or, with `Prefer: handling=strict`, are errors. Dates without a zone are
in UTC.

With an `id`, or with an `Idempotency-Key`, the request can be sent again without making a second task.""",
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
    problems=(*BODY, "invalid-header", "invalid-parameter", "task-exists", "invalid-task", "idempotency-key-reused"),
)

_LIST = Operation(
    id="listTasks",
    tag=TASKS,
    summary="List tasks",
    description="""\
List the tasks of the company, the newest number first, page by page. The query options are those of OData 4.01 that
are named here; any other is refused.

Open or archived tasks, a number, and ranges of `id2` and of `modified_dateutc` are found fast however many tasks there
are. Other filters are applied while reading, so that their pages can be short.""",
    parameters=("$filter", "$orderby", "$top", "$skip", "$select", "$skiptoken", "Prefer-list"),
    answers={200: _PAGE},
    problems=("invalid-parameter",),
)

_GET = Operation(
    id="getTask",
    tag=TASKS,
    summary="Read a task",
    description="""\
Read a task by its `id`, or by its number, `id2`: `/tasks/33` is the company's task with the number 33, and
`Content-Location` then names its real address. What was created is found at once.""",
    parameters=("If-None-Match",),
    answers={
        200: Answer(description="The task.", json="Task", headers=("Content-Location", "ETag")),
        304: _NOT_CHANGED,
    },
    problems=("no-such-task",),
)

_CHANGED = {
    200: Answer(
        description="The task as it is now.",
        json="Task",
        headers=("Content-Location", "ETag", "Ignored-Fields", "Preference-Applied"),
    ),
    204: Answer(
        description="The same, with `Prefer: return=minimal`.",
        headers=("Content-Location", "ETag", "Ignored-Fields", "Preference-Applied"),
    ),
}
_CHANGE_PROBLEMS = (*BODY, "invalid-header", "invalid-parameter", "no-such-task", "precondition-failed", "invalid-task")
_CHANGE = Operation(
    id="changeTask",
    tag=TASKS,
    summary="Change a task",
    description="""\
Change the fields that the body names, and leave all others as they are (RFC 7396). Null, or another value that means
"not filled", clears a field. A completed status closes the task, and another one opens it again.

Send the `ETag` of the task that you read in `If-Match`. If the task has changed since, the answer is 412, and nothing
is changed: read it again. A change that has been made already is answered with 200, so it is safe to repeat one.""",
    parameters=("validate_only", "If-Match", "Prefer-create"),
    body="TaskChange",
    body_types=("application/merge-patch+json", *BODY_TYPES),
    answers=_CHANGED,
    problems=(*_CHANGE_PROBLEMS, "precondition-required"),
)
_REPLACE = replace(
    _CHANGE,
    id="replaceTask",
    summary="Replace a task",
    description="""\
Replace all that a client can say of a task. A field that is not filled is cleared, or gets its default. It never
creates a task. `If-Match` works as it does for a change.""",
    body="TaskReplacement",
    body_types=BODY_TYPES,
)

_VIEW = "The same with the names of type, status and priority, and without null, as the original shows tasks."


def _as_before(operation: Operation, id: str, summary: str, **more: object) -> Operation:
    text = f"The original's address of “{operation.summary}”. All else is the same."
    changes: dict[str, object] = {"tag": ORIGINAL, "description": text, "alias_of": operation.id, **more}
    return replace(operation, id=id, summary=summary, **changes)  # type: ignore[arg-type]


def _entries(kind: str, id: str, what: str) -> Operation:
    return Operation(
        id=id,
        tag=ORIGINAL,
        summary=f"List {what}",
        description=f"List the {what} of the company's catalogue as the original does.",
        parameters=("$orderby-entries", "If-None-Match"),
        answers={
            200: Answer(
                description="The entries.",
                json=f"{kind}Page",
                xml=f"ArrayOf{kind}",
                headers=("ETag",),
            ),
            304: _NOT_CHANGED,
        },
        problems=("invalid-parameter",),
    )


def _names(kind: str, id: str, what: str) -> Operation:
    return replace(
        _entries(kind, id, what),
        summary=f"List translations of {what}",
        description=f"List the names of the {what}. The service has one language, so there are no translations.",
        parameters=("If-None-Match",),
        answers={
            200: Answer(description="The names.", json="Translations", xml=f"ArrayOf{kind}Name", headers=("ETag",)),
            304: _NOT_CHANGED,
        },
    )


def _public(id: str, summary: str, description: str, schema: str) -> Operation:
    return Operation(
        id=id,
        tag=ABOUT,
        summary=summary,
        description=description,
        parameters=("If-None-Match",),
        answers={200: Answer(description=summary, json=schema, headers=("ETag",)), 304: _NOT_CHANGED},
        is_public=True,
    )


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("post", "/tasks"): _CREATE,
    ("get", "/tasks"): _LIST,
    ("get", "/tasks/{id}"): _GET,
    ("patch", "/tasks/{id}"): _CHANGE,
    ("put", "/tasks/{id}"): _REPLACE,
    ("get", "/tasks/delta"): Operation(
        id="listChanges",
        tag=TASKS,
        summary="Follow changes",
        description="""\
Read all tasks in the order of their last change, in order to keep a copy in step. The last page has a delta link in
place of a next link. Call it later for what was created or changed since. The feed runs about a minute behind, so that
no change is ever left out.""",
        parameters=("$deltatoken", "$skiptoken", "Prefer-list"),
        answers={200: replace(_PAGE, description="A page of the feed.", json="ChangePage")},
        problems=("invalid-parameter",),
    ),
    ("get", "/catalogue"): Operation(
        id="getCatalogue",
        tag=CATALOGUE,
        summary="Read the catalogue",
        description="Read the types, statuses, priorities and tables of the company, with their ids and the defaults.",
        parameters=("If-None-Match",),
        answers={
            200: Answer(description="The catalogue.", json="Catalogue", headers=("ETag",)),
            304: _NOT_CHANGED,
        },
        problems=("invalid-parameter",),
    ),
    ("post", "/api/Task"): _as_before(_CREATE, "createTaskAsBefore", "Create a task, as before"),
    ("get", "/api/Task"): _as_before(_LIST, "listTasksAsBefore", "List tasks, as before"),
    ("get", "/api/Task/{id}"): _as_before(_GET, "getTaskAsBefore", "Read a task, as before"),
    ("put", "/api/Task/{id}"): _as_before(
        _REPLACE,
        "replaceTaskAsBefore",
        "Replace a task, as before",
        parameters=("validate_only", "If-Match-optional", "Prefer-create"),
        problems=_CHANGE_PROBLEMS,
    ),
    ("get", "/api/Task({id})"): _as_before(_GET, "getTaskEntity", "Read a task, as OData has it"),
    ("put", "/api/Task({id})"): _as_before(
        _REPLACE,
        "replaceTaskEntity",
        "Replace a task, as OData has it",
        parameters=("validate_only", "If-Match-optional", "Prefer-create"),
        problems=_CHANGE_PROBLEMS,
    ),
    ("get", "/api/TaskView"): _as_before(
        _LIST, "listTaskViews", "List tasks with names", description=_VIEW, answers={200: _VIEWS}, alias_of=""
    ),
    ("get", "/api/TaskView({id})"): _as_before(
        _GET,
        "getTaskView",
        "Read a task with names",
        description=_VIEW,
        answers={200: Answer(description="The task.", json="TaskView", headers=("ETag",)), 304: _NOT_CHANGED},
        alias_of="",
    ),
    ("post", "/api/TaskView/Search"): Operation(
        id="searchTaskViews",
        tag=ORIGINAL,
        summary="Search tasks with names",
        description="Read the rows that the original's grid asks for, the newest number first. The body is JSON.",
        body="TaskViewSearch",
        body_types=("application/json", "text/json"),
        answers={200: Answer(description="The rows.", json="TaskViews", xml="ArrayOfTaskView")},
        problems=(*BODY, "invalid-parameter"),
    ),
    ("get", "/api/TaskType"): _entries("TaskType", "listTaskTypes", "task types"),
    ("get", "/api/TaskStatus"): _entries("TaskStatus", "listTaskStatuses", "task statuses"),
    ("get", "/api/TaskPriority"): _entries("TaskPriority", "listTaskPriorities", "task priorities"),
    ("get", "/api/TaskType/Translations"): _names("TaskType", "listTaskTypeNames", "task types"),
    ("get", "/api/TaskStatus/Translations"): _names("TaskStatus", "listTaskStatusNames", "task statuses"),
    ("get", "/"): _public("getHelp", "Read the help page", "The page for people that describes this API.", "Html"),
    ("get", "/console"): _public(
        "getConsole", "Try the API out", "A console that sends requests from the browser, with a key of yours.", "Html"
    ),
    ("get", "/openapi.json"): _public(
        "getOpenApi", "Read the OpenAPI document", "The document for programs, in OpenAPI 3.1.", "OpenApi"
    ),
}
"""What is said of each operation, by method and path as the documents have it."""

ENTITY_PATHS = ("/api/Task({id})", "/api/TaskView({id})")
"""What the route ``/api/{entity}`` stands for: a parameter of API Gateway has to be a whole part of a path."""
