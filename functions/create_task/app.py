"""POST /tasks: a request becomes a task, numbered and stored exactly once."""

import os

from servicedesk import dynamodb, ignored_fields, media, values
from servicedesk.caller import Caller
from servicedesk.catalogue_store import CatalogueStore
from servicedesk.http import Request, Response, endpoint
from servicedesk.identity import Identity
from servicedesk.preferences import Preferences
from servicedesk.problems import IdempotencyKeyReused, InvalidTask, Problem, TaskExists
from servicedesk.task import Submission
from servicedesk.task_store import ConflictingTaskError, TaskStore

_client = dynamodb.client()
tasks = TaskStore(_client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(_client, os.environ["TASKS_TABLE"])


@endpoint(vary="Accept, Prefer")
def lambda_handler(request: Request) -> Response:
    """Create the task that the request describes, or say all that is wrong with it."""
    caller = Caller.of(request.authorizer)
    preferences = Preferences.of(request.headers.get("prefer"))
    submission = Submission.read(media.read(request.body(), request.headers.get("content-type")))
    identity = Identity.of(submission.new_task.id, request.headers.get("idempotency-key"), caller.company_id)

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
    if faults:
        raise InvalidTask(faults)

    location = f"{request.url}/{task.id}"
    try:
        stored = tasks.create(task, submission.new_task.content_digest())
    except ConflictingTaskError:
        raise _conflict(identity, location) from None

    headers = {
        "Location": location,
        "Ignored-Fields": ignored_fields.header(submission.unknown, submission.overruled(stored.task)),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    return Response(201, stored.task.document, {name: value for name, value in headers.items() if value})


def _conflict(identity: Identity, location: str) -> Problem:
    if identity.by_key:
        return IdempotencyKeyReused(
            "This Idempotency-Key came before, with other content. Use a new key for a new task."
        )
    return TaskExists("The company has a task with this id and other content.", headers={"Location": location})
