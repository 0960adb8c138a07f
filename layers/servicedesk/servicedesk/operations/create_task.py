"""A request becomes a task, numbered and stored exactly once."""

from collections.abc import Mapping
from dataclasses import replace

from servicedesk.domain import values
from servicedesk.domain.actor import Actor
from servicedesk.domain.faults import ConflictingTaskError, DomainError, InvalidTaskError
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.domain.task import Task
from servicedesk.domain.task_creation import Decision, TaskCreation
from servicedesk.operations.operation import Stores, operation
from servicedesk.store.tasks import Stored, TaskStore
from servicedesk.telemetry import Outcome
from servicedesk.wire import entity_tag, idempotency_key, problems, task_address, task_body, task_document
from servicedesk.wire.gateway import Document, Request, Response
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import IDEMPOTENCY_KEY_REUSED, TASK_EXISTS, Problem
from servicedesk.wire.task_body import TaskBody


@operation("POST /tasks", "POST /api/Task", options=("validate_only",))
def create_task(request: Request, stores: Stores) -> Response:
    """Create the task that the request describes, or answer with everything that is wrong with it."""
    caller = request.caller()
    preferences = Preferences.from_header(request.headers.get("Prefer"))
    is_dry_run = request.flag("validate_only")
    body = task_body.read(request)
    key = idempotency_key.parse(request.headers.get_all("Idempotency-Key"))
    creation = TaskCreation.of(
        body.fields,
        body.faults,
        body.named_fields,
        stores.catalogues.for_company(caller.company_id),
        identity=Identity.choose(body.fields.get("id"), key, caller.company_id),
        company_id=caller.company_id,
        contact_id=caller.contact_id,
        now=values.now(),
    )
    if preferences.strict:
        strict_faults = body.strict_faults(creation.task)
        creation = replace(creation, passing_faults=[*creation.passing_faults, *strict_faults])

    try:
        stored = _store(creation, body, caller.actor, stores.tasks, preferences, is_dry_run=is_dry_run)
    except (ConflictingTaskError, InvalidTaskError) as error:
        headers = {
            "Preference-Applied": preferences.applied_to_problem,
            # A strict request finds what was ignored among the errors.
            "Ignored-Fields": "" if preferences.strict else body.ignored_fields(creation.task),
        }
        raise _problem(error, creation.identity, f"{request.url}/{creation.task.id}", headers) from None
    return (_validated if is_dry_run else _created)(stored, request, body, preferences)


def _store(
    creation: TaskCreation,
    body: TaskBody,
    actor: Actor,
    tasks: TaskStore,
    preferences: Preferences,
    *,
    is_dry_run: bool,
) -> Stored:
    """Do what the creation comes to, and return its task.

    Raises:
        ConflictingTaskError: the identity is that of another task.
        InvalidTaskError: the task is not valid, and no earlier request stored it when it was.
    """
    match creation.decision:
        case Decision.WRITE:
            if is_dry_run:
                return tasks.preview(creation.task, body.fields)
            return tasks.create(creation.task, body.fields, actor)
        case Decision.REPLAY_OR_REFUSE:
            try:
                stored = tasks.find_replay(creation.task, body.fields)
            except ConflictingTaskError:
                stored = None
            if stored and not (preferences.strict and body.strict_faults(stored.task)):
                return stored
    raise InvalidTaskError(creation.faults)


def _created(stored: Stored, request: Request, body: TaskBody, preferences: Preferences) -> Response:
    headers = {
        "Location": f"{request.url}/{stored.task.id}",
        "ETag": entity_tag.of_task(stored.task, stored.version),
        "Ignored-Fields": body.ignored_fields(stored.task),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    outcome = Outcome.REPLAYED if stored.replayed else Outcome.CREATED
    document, entity_set = _shown(stored.task, request, preferences)
    return Response(201, document, headers, outcome, entity_set=entity_set)


def _validated(stored: Stored, request: Request, body: TaskBody, preferences: Preferences) -> Response:
    task = stored.task.model_copy(update={"id2": None})
    headers = {
        "Ignored-Fields": body.ignored_fields(task),
        "Preference-Applied": preferences.applied,
        "Idempotent-Replayed": "true" if stored.replayed else "",
    }
    document, entity_set = _shown(task, request, preferences)
    return Response(200, document, headers, Outcome.VALIDATED, entity_set=entity_set)


def _shown(task: Task, request: Request, preferences: Preferences) -> tuple[Document, str]:
    """Return what the answer shows of the task, and the entity set if that is an entity of OData's."""
    if preferences.minimal:
        return lambda _zone: task_document.minimal(task), ""
    return lambda zone: task_document.whole(task, zone), task_address.entity_set(request)


def _problem(error: DomainError, identity: Identity, location: str, headers: Mapping[str, str]) -> Problem:
    if not isinstance(error, ConflictingTaskError):
        return problems.from_domain_error(error, headers)
    if identity.identified_by is IdentifiedBy.KEY:
        detail = "This Idempotency-Key was already used with a different body. Use a new key for a new task."
        return Problem(IDEMPOTENCY_KEY_REUSED, detail, headers=headers)
    detail = (
        f"The company already has a task with this id and different content: {location}. Use a new id for a new task."
    )
    return Problem(TASK_EXISTS, detail, headers={"Location": location, **headers})
