"""The prose of the published documents that concerns all operations.

Each operation has its own in ``servicedesk.operations``. Fields, limits, routes, problem types and their titles come
from the declarations (``tools.publishing.document``).
"""

INTRODUCTION = """\
Create the tasks of a service desk, find and change them, and keep a copy of them up to date, in JSON or XML.

Each request carries an API key of your company: `Authorization: Bearer <key>`. `Basic`, with the key as user name or
password, works as well. A key gives access to the tasks of its own company and of no other.

`Content-Type` says whether you send JSON or XML, and `Accept` which of them you want back.
"""

RETRYING = """\
## How to retry

Choose the identity of a task before the first attempt, and keep it: the field `id`, or else the header
`Idempotency-Key`. The same identity with the same content is the same task, however often you send it, and however long
after the first time. The answer to a retry is 201 again, with `Idempotent-Replayed: true`.

If you get no answer, or a 429, 500 or 503, retry the same request after the seconds in `Retry-After`, or else with
exponential backoff: after 1, 2, 4, … seconds. After any other 4xx, correct the request first.

A create with neither `id` nor `Idempotency-Key` that is sent twice makes two tasks.
"""

PAGING = """\
## How to read a list

A list comes in pages of up to 100 tasks; `Prefer: maxpagesize=500` asks for larger ones. Follow `@odata.nextLink`, or
the header `Link` with `rel="next"`, until a page has neither. A page can be short, or empty, and still have a next one.

A task that does not change while you follow the links is shown exactly once. Use each link unchanged: it contains the
whole query.

To keep a copy up to date, read `/tasks/delta` to its last page and keep that page's `@odata.deltaLink`. Call the link
later to get the tasks that were created or changed since, and a new link. A task can appear twice, but no change is
ever missed.
"""

FILTER = """\
Only tasks that meet this condition: fields of a task with `eq ne gt ge lt le in`, `and or not`, parentheses, `null`, \
and `startswith endswith contains tolower` on texts, as in `archived eq false and startswith(subject,'Printer')`."""

VALIDATE_ONLY = """\
With `true`, the request is validated and nothing is stored. Values are true, 1, false (the default) and 0."""

IF_MATCH = """\
The `ETag` of the task that you read, or `*` for any version. If the task has another version, the answer is 412."""

PREFER_CREATE = """\
With `handling=strict`, ignored fields are errors. With `return=minimal`, the answer has no more than the ids. \
Separate several preferences by commas."""

PREFER_READ = "With `handling=strict`, an unsupported query option is an error."

CODES = {
    "required": "The field must be filled.",
    "too_long": "The text is longer than `limit`.",
    "invalid_guid": "The value is not a GUID.",
    "invalid_date": "The value is not a date, or can be read two ways.",
    "invalid_string": "The value is not a string, or has a character that XML cannot carry.",
    "unknown_reference": "The company's catalogue has no such entry.",
    "conflicting_reference": "Two fields name different entries.",
    "missing_reference": "The field requires another one, which is not filled.",
    "unknown_field": "A task has no such field. It is an error only with `Prefer: handling=strict`.",
    "server_assigned": "The service sets this field. It is an error only with `Prefer: handling=strict`.",
}
"""The codes of single fields (contract section 6)."""

PROBLEMS = {
    "malformed-body": "The body is empty, malformed or not a task, or is a batch that asks for something unsupported.",
    "invalid-header": "A header, which the detail names, is not valid.",
    "invalid-parameter": "A query option cannot be read or is not supported here. The detail says what is supported.",
    "bad-request": "The gateway of the API does not accept the request.",
    "unauthorized": "The request has no API key.",
    "forbidden": "The API key is unknown, expired, revoked or not yet in use.",
    "no-company": "The credentials name no company.",
    "no-such-task": "The company has no such task. A task of another company gets the same answer.",
    "no-such-route": "The API has no such path.",
    "method-not-allowed": "The path supports only the methods in `Allow`.",
    "task-exists": "The `id` belongs to a different task of the company, which `Location` names.",
    "gone": "The service has restored a backup since it issued the link. Read the feed from its start, and delete the "
    "tasks that are no longer in it.",
    "precondition-failed": "The task has another version than `If-Match` names. The answer has its `ETag`.",
    "precondition-required": "A change needs `If-Match`, so that no client overwrites a change that it has not seen.",
    "body-too-large": "The body has more than 1 MiB.",
    "unsupported-media-type": "The body is neither JSON nor XML, or is in another charset than utf-8 and utf-16.",
    "invalid-task": "One or more fields are not valid. `errors` lists them all, each with its code.",
    "idempotency-key-reused": "The `Idempotency-Key` was already used with a different body.",
    "too-many-requests": "The company, or all companies together, exceeded the rate limit.",
    "internal": "The service failed, whatever the request was. You can retry it.",
    "unavailable": "The service did not answer in time. Retry the same request.",
}
"""The cause of each type of problem."""

EVERYWHERE = (
    *("invalid-parameter", "unauthorized", "forbidden", "no-company"),
    *("too-many-requests", "internal", "unavailable"),
)
"""The problems that any operation with credentials can return."""
