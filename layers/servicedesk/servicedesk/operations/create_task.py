"""Create a task, numbered and stored exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from servicedesk.domain import values
from servicedesk.domain.actor import Actor
from servicedesk.domain.faults import ConflictingTaskError, DomainError, InvalidTaskError
from servicedesk.domain.identity import IdentifiedBy, Identity
from servicedesk.domain.task import Task
from servicedesk.domain.task_creation import Decision, TaskCreation
from servicedesk.operations.operation import Stores, operation
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.tasks import Stored, TaskStore
from servicedesk.telemetry import Outcome
from servicedesk.wire import entity_tag, idempotency_key, problems, task_address, task_body, task_document
from servicedesk.wire.gateway import Document, Request, Response
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import IDEMPOTENCY_KEY_REUSED, TASK_EXISTS, Problem
from servicedesk.wire.task_body import TaskBody


@operation("POST /tasks", "POST /api/Task", options=("validate_only",))
def create_task(request: Request, stores: Stores) -> Response:
    """Create the task that the request describes, or report all its faults."""
    return Create.read(request, stores.catalogues).answer(stores.tasks)


@dataclass(frozen=True, slots=True)
class Create:
    """A request to create a task, before the table is read.

    Attributes:
        request: the request itself.
        actor: the author of the write.
        body: the parsed body.
        preferences: the client's preferences.
        is_dry_run: whether to write nothing.
        creation: the new task and its faults.
        number: the number of the task, if it has been taken already.
    """

    request: Request
    actor: Actor
    body: TaskBody
    preferences: Preferences
    is_dry_run: bool
    creation: TaskCreation
    number: int | None = None

    @classmethod
    def read(cls, request: Request, catalogues: CatalogueStore) -> "Create":
        """Parse a request. Faults in its fields are collected, not raised."""
        caller = request.caller()
        preferences = Preferences.of(request)
        is_dry_run = request.flag("validate_only")
        body = task_body.read(request)
        key = idempotency_key.parse(request.headers.get_all("Idempotency-Key"))
        creation = TaskCreation.of(
            body.fields,
            body.faults,
            body.named_fields,
            catalogues.for_company(caller.company_id),
            identity=Identity.choose(body.fields.get("id"), key, caller.company_id),
            company_id=caller.company_id,
            contact_id=caller.contact_id,
            now=values.now(),
        )
        if preferences.strict:
            strict_faults = body.strict_faults(creation.task)
            creation = replace(creation, passing_faults=[*creation.passing_faults, *strict_faults])
        return cls(request, caller.actor, body, preferences, is_dry_run, creation)

    @property
    def takes_number(self) -> bool:
        """Return whether the create needs a number; a rejected one takes none (contract rule 7.4)."""
        return self.creation.decision is Decision.WRITE and not self.is_dry_run

    def answer(self, tasks: TaskStore) -> Response:
        """Carry out the create, and return the response."""
        body, creation, preferences = self.body, self.creation, self.preferences
        try:
            stored = self._store(tasks)
        except (ConflictingTaskError, InvalidTaskError) as error:
            headers = {
                "Preference-Applied": preferences.applied_to_problem,
                # A strict request finds what was ignored among the errors.
                "Ignored-Fields": "" if preferences.strict else body.ignored_fields(creation.task),
            }
            location = f"{self.request.url}/{creation.task.id}"
            raise _problem(error, creation.identity, location, headers) from None
        return (_validated if self.is_dry_run else _created)(stored, self.request, body, preferences)

    def _store(self, tasks: TaskStore) -> Stored:
        """Act on the decision about the create, and return the stored task.

        Raises:
            ConflictingTaskError: another task has this identity.
            InvalidTaskError: the task is not valid, and no earlier, equal request has stored it.
        """
        task, content = self.creation.task, self.body.fields
        match self.creation.decision:
            case Decision.WRITE:
                if self.is_dry_run:
                    return tasks.preview(task, content)
                return tasks.create(task, content, self.actor, self.number)
            case Decision.REPLAY_OR_REFUSE:
                try:
                    stored = tasks.find_replay(task, content)
                except ConflictingTaskError:
                    stored = None
                if stored and not (self.preferences.strict and self.body.strict_faults(stored.task)):
                    return stored
        raise InvalidTaskError(self.creation.faults)


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
    """Return the document of the task for the response, and its entity set if it is an OData entity."""
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
