"""POST /tasks: a request becomes a task, numbered and stored exactly once."""

import os
from collections.abc import Mapping
from dataclasses import replace

from servicedesk.domain import values
from servicedesk.domain.task import Submission, Task, in_page_order
from servicedesk.store import dynamodb
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.tasks import ConflictingTaskError, Stored, TaskStore
from servicedesk.wire import entity_tag, ignored_fields, media_types, query
from servicedesk.wire.gateway import Request, Response, endpoint
from servicedesk.wire.identity import Identity
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import IdempotencyKeyReused, InvalidTask, Problem, TaskExists

_client = dynamodb.client()
tasks = TaskStore(_client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(_client, os.environ["TASKS_TABLE"])
dynamodb.rehearse(lambda: tasks.get(values.ZERO_GUID, values.ZERO_GUID))


@endpoint(vary="Accept, Content-Type, Prefer")
def lambda_handler(request: Request) -> Response:
    """Create the task that the request describes, or say all that is wrong with it."""
    caller = request.caller()
    preferences = Preferences.of(request.headers.get("prefer"))
    dry_run = query.flag(request.query, "validate_only")
    submission = Submission.read(media_types.read(request.body(), request.headers.get("content-type")))
    keys = request.header_lines.get("idempotency-key", ())
    identity = Identity.of(submission.new_task.id, keys, caller.company_id)

    faults = list(submission.faults)
    task = submission.new_task.complete(
        task_id=identity.task_id,
        company_id=caller.company_id,
        contact_id=caller.contact_id,
        references=catalogues.of(caller.company_id).resolve(submission.new_task, faults),
        now=values.now(),
    )
    if preferences.strict:
        faults += submission.not_taken(task)

    location = f"{request.url}/{task.id}"
    try:
        if faults:
            stored = _accepted_before(task, identity, submission, preferences)
        elif dry_run:
            stored = tasks.created_before(task, submission.new_task) or Stored(task, replayed=False)
        else:
            stored = tasks.create(task, submission.new_task)
    except ConflictingTaskError:
        raise _conflict(identity, location, _headers_of_a_problem(submission, task, preferences)) from None
    if stored is None:
        raise InvalidTask(in_page_order(faults), headers=_headers_of_a_problem(submission, task, preferences))

    shown = replace(stored.task, id2=None) if dry_run else stored.task
    headers = {
        "Location": "" if dry_run else location,
        "ETag": "" if dry_run else entity_tag.of(shown),
        "Ignored-Fields": ignored_fields.header(submission.unknown, submission.overruled(shown)),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    document = shown.receipt if preferences.minimal else shown.document
    outcome = "Validated" if dry_run else "Replayed" if stored.replayed else "Created"
    return Response(200 if dry_run else 201, document, headers, outcome)


def _accepted_before(task: Task, identity: Identity, submission: Submission, preferences: Preferences) -> Stored | None:
    """A task that would be refused now, as it was stored when it was valid (contract rule 7.2).

    What a body says by itself is valid always or never; its catalogue's ids and its company's defaults change.
    """
    if submission.faults or not identity.repeatable:
        return None
    try:
        stored = tasks.created_before(task, submission.new_task)
    except ConflictingTaskError:
        return None
    if stored and preferences.strict and submission.not_taken(stored.task):
        return None
    return stored


def _headers_of_a_problem(submission: Submission, task: Task, preferences: Preferences) -> Mapping[str, str]:
    """The headers of a problem with the content; a strict one has what is ignored among its errors (rules 4.2, 4.3)."""
    ignored = "" if preferences.strict else ignored_fields.header(submission.unknown, submission.overruled(task))
    return dict(preferences.on_problem) | ({"Ignored-Fields": ignored} if ignored else {})


def _conflict(identity: Identity, location: str, headers: Mapping[str, str]) -> Problem:
    if identity.by_key:
        return IdempotencyKeyReused(
            "This Idempotency-Key came before, with other content. Use a new key for a new task.", headers=headers
        )
    return TaskExists(
        f"The field id names a task that the company has, with other content: {location}. Use a new id for a new task.",
        headers={"Location": location, **headers},
    )
