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
    "required": "The field is missing or not filled, or has only white space.",
    "too_long": "The text exceeds `limit`: characters, or for `remark` bytes of UTF-8.",
    "invalid_guid": "The value is not a GUID.",
    "invalid_date": "The value is not a date, is an impossible one, or can be read in two ways.",
    "invalid_string": "The value is not a string, or has characters that XML cannot carry.",
    "unknown_reference": "The company's catalogue has no such type, priority or table.",
    "conflicting_reference": "`to_db_table_id` and `to_db_table_name` name two different tables.",
    "missing_reference": "`to_id_in_table` needs a table, and the request names none.",
    "unknown_field": "A task has no such field. Only with `Prefer: handling=strict`.",
    "server_assigned": "The service sets this field, to another value. Only with `Prefer: handling=strict`.",
}
"""The codes of the fields of a task (contract section 6)."""

PROBLEMS = {
    "malformed-body": (
        "The body cannot be parsed as a task: a syntax error, bytes that are not in the charset, a duplicate field, no "
        "object or no `task` element. Or a batch asks for something that is not supported, and nothing was done; "
        "`detail` names the request."
    ),
    "invalid-header": (
        "The `Idempotency-Key` or `If-Match` is not valid, or an `Idempotency-Key` was sent twice with different "
        "values, or a batch asks for `continue-on-error=false`."
    ),
    "invalid-parameter": (
        "A query option cannot be read, or the address does not support it. `detail` names it, and says what is "
        "supported."
    ),
    "bad-request": "API Gateway does not accept the request.",
    "unauthorized": "The request has no key. `WWW-Authenticate` offers `Basic` and `Bearer`.",
    "forbidden": "The key is unknown, expired, revoked or not yet in use.",
    "no-company": "The credentials are valid and name no company.",
    "no-such-task": "The company has no such task. A task of another company gets the same answer.",
    "no-such-route": "The API has no such address, or the catalogue no entry with this id.",
    "method-not-allowed": "The address supports only the methods in `Allow`.",
    "task-exists": "The `id` belongs to a task of the company with other content. `Location` names that task.",
    "gone": (
        "The service has restored a backup since it issued this link of the feed. Read the feed from its start, and "
        "delete the tasks that are no longer in it."
    ),
    "precondition-failed": "The task has another version than `If-Match` names. `ETag` has the current version.",
    "body-too-large": "The body is larger than 1 MiB.",
    "unsupported-media-type": (
        "The body is neither JSON nor XML (`Accept` lists the media types), its charset is neither utf-8 nor utf-16, "
        "it is compressed (`Accept-Encoding: identity`), or `Content-Type` was sent twice with different values. A "
        "batch must be JSON."
    ),
    "invalid-task": "Fields have faults; `errors` lists all of them.",
    "idempotency-key-reused": "The `Idempotency-Key` was already used with a different body.",
    "precondition-required": "A change needs `If-Match`, so that no client overwrites a change that it has not seen.",
    "too-many-requests": (
        "The company, or all companies together, exceeded the rate limit. Retry the same request after `Retry-After`."
    ),
    "internal": "The service has a fault. You can retry the same request.",
    "unavailable": (
        "The database or the authorizer did not answer in time, or operators are restoring a backup and have closed "
        "the tasks to writes, or there was no time for this request of a batch. Retry the same request after "
        "`Retry-After`."
    ),
}
"""The cause of each type of problem that a client can get."""

INVALID_COMMAND = "An operator's command has faults; `errors` lists them. Clients of the API never see it."

EVERYWHERE = (
    *("invalid-parameter", "unauthorized", "forbidden", "no-company"),
    *("too-many-requests", "internal", "unavailable"),
)
"""The problems that any operation with credentials can return."""
