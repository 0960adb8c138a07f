"""Change a stored task without losing anybody's update."""

from collections.abc import Callable, Sequence

from servicedesk.domain import values
from servicedesk.domain.faults import Fault, InvalidTaskError
from servicedesk.domain.task import Task, in_page_order
from servicedesk.domain.task_change import TaskChange
from servicedesk.operations.operation import Stores, TimeLimit, operation
from servicedesk.telemetry import Outcome
from servicedesk.wire import entity_tag, problems, task_address, task_body, task_document
from servicedesk.wire.entity_tag import IfMatch
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.preferences import Preferences
from servicedesk.wire.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem


@operation(
    "PATCH /tasks/{id}",
    "PUT /tasks/{id}",
    *(f"{method} /api/{address}" for address in ("Task/{id}", "Task({id})") for method in ("PATCH", "PUT")),
    options=("validate_only",),
)
def change_task(request: Request, stores: Stores) -> Response:
    """Change the task that the path names, unless its version is not the one in ``If-Match``."""
    company_id = request.caller().company_id
    return change(request, stores, lambda number: stores.lists.id_of_number(company_id, number))


def change(request: Request, stores: Stores, id_of_number: Callable[[int], str]) -> Response:
    """Change the task, with a function that returns the id of a task by its number or raises ``NoSuchTaskError``."""
    time_limit = TimeLimit(request)
    caller = request.caller()
    preferences = Preferences.of(request)
    is_dry_run = request.flag("validate_only")
    address = task_address.of(request)
    if_match = _if_match(request)
    body = task_body.read_change(request)
    change = TaskChange(body.fields, body.faults, replaces=request.method == "PUT")

    catalogue = stores.catalogues.for_company(caller.company_id)
    task_id = address if isinstance(address, str) else id_of_number(address)
    time_limit.require(requests=2)
    stored = stores.tasks.get(caller.company_id, task_id)
    while True:
        changed, faults = change.apply(stored.task, catalogue, values.now())
        if preferences.strict:
            faults = [*faults, *body.strict_faults(changed, stored.task)]
        tag = entity_tag.of_task(stored.task, stored.version)
        if (faults or changed != stored.task) and not if_match.allows(tag):
            detail = "The task has changed since you read it. Nothing was written; read it again."
            raise Problem(PRECONDITION_FAILED, detail, headers={"ETag": tag})
        if faults:
            raise _invalid(faults, body.ignored_fields(changed, stored.task), preferences)
        if changed == stored.task or is_dry_run:
            break
        time_limit.require(requests=1)
        overtaken_by = stores.tasks.replace(stored, changed, caller.actor)
        if overtaken_by is None:
            tag = entity_tag.of_task(changed, stored.version + 1)
            break
        stored = overtaken_by

    headers = {
        "Content-Location": "" if address == task_id else task_address.content_location(request, task_id),
        "ETag": "" if is_dry_run else tag,
        "Ignored-Fields": body.ignored_fields(changed, stored.task),
        "Preference-Applied": preferences.applied,
    }
    outcome = Outcome.VALIDATED if is_dry_run else _outcome(stored.task, changed)
    if preferences.minimal:
        return Response(204, None, headers, outcome)
    entity_set = task_address.entity_set(request)
    return Response(200, lambda zone: task_document.whole(changed, zone), headers, outcome, entity_set=entity_set)


def _if_match(request: Request) -> IfMatch:
    """Return the request's condition on the current version of the task (contract rule 10.5)."""
    if (if_match := request.headers.get("If-Match")) is not None:
        return IfMatch.from_header(if_match)
    if request.route.startswith("/api/"):
        return IfMatch.anything()
    detail = "Send the ETag of the task that you read in If-Match, or * to change any version."
    raise Problem(PRECONDITION_REQUIRED, detail)


def _invalid(faults: Sequence[Fault], ignored_fields: str, preferences: Preferences) -> Problem:
    headers = {
        "Preference-Applied": preferences.applied_to_problem,
        # A strict request finds what was ignored among the errors.
        "Ignored-Fields": "" if preferences.strict else ignored_fields,
    }
    return problems.from_domain_error(InvalidTaskError(in_page_order(faults)), headers)


def _outcome(before: Task, after: Task) -> Outcome:
    if before.archived != after.archived:
        return Outcome.CLOSED if after.archived else Outcome.REOPENED
    return Outcome.UNCHANGED if after == before else Outcome.CHANGED
