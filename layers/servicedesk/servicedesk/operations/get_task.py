"""A task of the caller's company, by its id or its number."""

from servicedesk.operations.operation import Stores, TimeLimit, operation
from servicedesk.store.task_items import Versioned
from servicedesk.wire import entity_tag, task_address, task_document, task_view
from servicedesk.wire.gateway import Request, Response


@operation("GET /tasks/{id}", "GET /api/Task/{id}", "GET /api/Task({id})")
def get_task(request: Request, stores: Stores) -> Response:
    """Return the task that the path names (contract rules 1.2 and 8.8)."""
    stored = _find(request, stores)
    task = stored.task
    headers = {"ETag": entity_tag.of_task(task, stored.version)}
    if task.id not in request.url:
        headers["Content-Location"] = f"{request.base_url}/tasks/{task.id}"
    return Response(
        200, lambda zone: task_document.whole(task, zone), headers, entity_set=task_address.entity_set(request)
    )


@operation("GET /api/TaskView({id})")
def get_task_view(request: Request, stores: Stores) -> Response:
    """Return the task that the path names, as the original shows it (contract rules 8.10 and 8.11)."""
    time_limit = TimeLimit()
    task = _find(request, stores).task
    time_limit.require(requests=1)
    entry = task_view.entry(task, stores.catalogues.for_company(task.company_id))
    # The entry has names of the catalogue, so it can change while the task does not.
    return Response(
        200, lambda _zone: entry, {"ETag": entity_tag.of_document(entry)}, root="TaskView", entity_set="TaskView"
    )


def _find(request: Request, stores: Stores) -> Versioned:
    company_id, address = request.caller().company_id, task_address.of(request)
    task_id = stores.lists.id_of_number(company_id, address) if isinstance(address, int) else address
    return stores.tasks.get(company_id, task_id)
