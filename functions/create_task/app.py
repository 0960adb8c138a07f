"""POST /tasks: a request becomes a task, numbered and stored exactly once."""

import os
from collections.abc import Mapping

from servicedesk import cold_start
from servicedesk.domain import values
from servicedesk.domain.faults import ConflictingTaskError, DomainError, InvalidTaskError
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.domain.task import Task, in_page_order, missing_fields, new_task
from servicedesk.store import dynamodb
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.tasks import Stored, TaskStore
from servicedesk.wire import entity_tag, idempotency_key, problems, task_body, task_document
from servicedesk.wire.gateway import Document, Request, Response, endpoint
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import IDEMPOTENCY_KEY_REUSED, TASK_EXISTS, Problem
from servicedesk.wire.task_body import TaskBody

TASKS_TABLE = os.environ["TASKS_TABLE"]

client = dynamodb.client()
tasks = TaskStore(client, TASKS_TABLE)
catalogues = CatalogueStore(client, TASKS_TABLE)
cold_start.warm_up(lambda: tasks.get(values.ZERO_GUID, values.ZERO_GUID))


@endpoint(vary="Accept, Content-Type, Prefer")
def lambda_handler(request: Request) -> Response:
    """Create the task that the request describes, or answer with everything that is wrong with it."""
    caller = request.caller()
    preferences = Preferences.from_header(request.headers.get("Prefer"))
    is_dry_run = request.flag("validate_only")
    body = task_body.read(request)
    key = idempotency_key.parse(request.headers.get_all("Idempotency-Key"))
    identity = Identity.choose(body.fields.get("id"), key, caller.company_id)

    catalogue = catalogues.for_company(caller.company_id)
    references, reference_faults = catalogue.resolve(body.fields, body.named_fields)
    task = new_task(
        body.fields,
        references,
        identity=identity,
        company_id=caller.company_id,
        contact_id=caller.contact_id,
        now=values.now(),
    )
    # What a body says by itself is valid always or never, but a company's catalogue and its defaults change.
    lasting_faults = [*body.faults, *missing_fields(body.fields, body.faults)]
    passing_faults = [*reference_faults, *(body.strict_faults(task) if preferences.strict else [])]

    try:
        if lasting_faults or passing_faults:
            stored = None if lasting_faults else _stored_while_valid(task, body, identity, preferences)
        else:
            stored = tasks.preview(task, body.fields) if is_dry_run else tasks.create(task, body.fields)
        if stored is None:
            raise InvalidTaskError(in_page_order([*lasting_faults, *passing_faults]))
    except (ConflictingTaskError, InvalidTaskError) as error:
        headers = {
            "Preference-Applied": preferences.applied_to_problem,
            # A strict request finds what was ignored among the errors.
            "Ignored-Fields": "" if preferences.strict else body.ignored_fields(task),
        }
        raise _problem(error, identity, f"{request.url}/{task.id}", headers) from None
    return (_validated if is_dry_run else _created)(stored, request, body, preferences)


def _stored_while_valid(task: Task, body: TaskBody, identity: Identity, preferences: Preferences) -> Stored | None:
    """Return the task that the same create stored when it was still valid, if there is one (contract rule 7.2)."""
    if not identity.is_repeatable:
        return None
    try:
        stored = tasks.find_replay(task, body.fields)
    except ConflictingTaskError:
        return None
    return None if stored and preferences.strict and body.strict_faults(stored.task) else stored


def _created(stored: Stored, request: Request, body: TaskBody, preferences: Preferences) -> Response:
    headers = {
        "Location": f"{request.url}/{stored.task.id}",
        "ETag": entity_tag.of_task(stored.task),
        "Ignored-Fields": body.ignored_fields(stored.task),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    return Response(201, _document(stored.task, preferences), headers, "Replayed" if stored.replayed else "Created")


def _validated(stored: Stored, _request: Request, body: TaskBody, preferences: Preferences) -> Response:
    task = stored.task.model_copy(update={"id2": None})
    headers = {
        "Ignored-Fields": body.ignored_fields(task),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    return Response(200, _document(task, preferences), headers, "Validated")


def _document(task: Task, preferences: Preferences) -> Document:
    return lambda zone: task_document.minimal(task) if preferences.minimal else task_document.whole(task, zone)


def _problem(error: DomainError, identity: Identity, location: str, headers: Mapping[str, str]) -> Problem:
    if not isinstance(error, ConflictingTaskError):
        return problems.from_domain_error(error, headers)
    if identity.identified_by is IdentifiedBy.KEY:
        detail = "This Idempotency-Key came before, with other content. Use a new key for a new task."
        return Problem(IDEMPOTENCY_KEY_REUSED, detail, headers=headers)
    detail = (
        f"The field id names a task that the company has, with other content: {location}. Use a new id for a new task."
    )
    return Problem(TASK_EXISTS, detail, headers={"Location": location, **headers})
