"""What the published documents say in words of all operations together.

What they say of each stands beside it in ``servicedesk.operations``. Fields, limits, routes, problem types and their
titles come from the declarations (``tools.publishing.document``).
"""

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
    "malformed-body": "The body is empty, is not well-formed or no task, or it is a batch with what a batch cannot do.",
    "invalid-header": "A header of the request, which the detail names, cannot be used as it is.",
    "invalid-parameter": "A query option cannot be read or is not supported here. The detail says what is.",
    "bad-request": "The request is not one that the gateway of the API takes.",
    "unauthorized": "The request has no API key.",
    "forbidden": "The API key is unknown, expired, revoked or not yet in use.",
    "no-company": "The credentials name no company.",
    "no-such-task": "The company has no such task. A task of another company gets the same answer.",
    "no-such-route": "The API has no such path.",
    "method-not-allowed": "The path has other methods, which `Allow` names.",
    "task-exists": "The `id` is that of a different task of the company, which `Location` names.",
    "gone": "The service has restored a backup since it gave the link. Read the feed again from its start, and remove "
    "what is not there any more.",
    "precondition-failed": "The task is another version than `If-Match` names. The answer has its `ETag`.",
    "precondition-required": "A change needs `If-Match`, so that no client overwrites what it has not seen.",
    "body-too-large": "The body has more than 1 MiB.",
    "unsupported-media-type": "The body is neither JSON nor XML, or is in another charset than utf-8 and utf-16.",
    "invalid-task": "One or more fields are not valid. `errors` lists them all, each with its code.",
    "idempotency-key-reused": "The `Idempotency-Key` was already used with a different body.",
    "too-many-requests": "The company, or all companies together, sent more than the limit.",
    "internal": "Something failed that the request is not to blame for. The detail tells nothing of it.",
    "unavailable": "The service did not answer in time. Send the same request again.",
}
"""When a client meets each type of problem."""

EVERYWHERE = (
    *("invalid-parameter", "unauthorized", "forbidden", "no-company"),
    *("too-many-requests", "internal", "unavailable"),
)
"""What any operation with credentials can be answered with."""
