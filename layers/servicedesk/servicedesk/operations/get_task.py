"""A task of the caller's company, by its id or its number."""

from collections.abc import Mapping, Sequence

from servicedesk.domain.task import FIELDS
from servicedesk.operations.operation import Stores, TimeLimit, operation
from servicedesk.store.task_items import Versioned
from servicedesk.wire import entity_tag, odata, task_address, task_document, task_view
from servicedesk.wire.gateway import Request, Response


@operation("GET /tasks/{id}", "GET /api/Task/{id}")
def get_task(request: Request, stores: Stores) -> Response:
    """Return the task that the path names (contract rules 1.2 and 8.8)."""
    return _whole(request, stores)


@operation("GET /api/Task({id})", options=odata.ENTITY_OPTIONS)
def get_task_entity(request: Request, stores: Stores) -> Response:
    """Return the task that the path names, or those of its fields that ``$select`` names (contract rule 13.3)."""
    return _whole(request, stores, odata.selected(request.query, FIELDS))


@operation("GET /api/TaskView({id})", options=odata.ENTITY_OPTIONS)
def get_task_view(request: Request, stores: Stores) -> Response:
    """Return the task that the path names, as the original shows it (contract rules 8.10 and 8.11)."""
    names = odata.selected(request.query, task_view.KINDS)
    time_limit = TimeLimit(request)
    task = _find(request, stores).task
    time_limit.require(requests=1)
    entry = task_view.entry(task, stores.catalogues.for_company(task.company_id))
    # The entry has names from the catalogue, so it can change although the task does not.
    headers = {"ETag": entity_tag.of_document(entry)}
    selected = {name: entry[name] for name in names}
    return Response(200, lambda _zone: selected, headers, root="TaskView", entity_set="TaskView")


def _whole(request: Request, stores: Stores, names: Sequence[str] = tuple(FIELDS)) -> Response:
    stored = _find(request, stores)
    task = stored.task
    headers = {"ETag": entity_tag.of_task(task, stored.version)}
    if task.id not in request.url:
        headers["Content-Location"] = f"{request.base_url}/tasks/{task.id}"

    def document(zone: str) -> Mapping[str, object]:
        whole = task_document.whole(task, zone)
        return {name: whole[name] for name in names}

    return Response(200, document, headers, entity_set=task_address.entity_set(request))


def _find(request: Request, stores: Stores) -> Versioned:
    company_id, address = request.caller().company_id, task_address.of(request)
    task_id = stores.lists.id_of_number(company_id, address) if isinstance(address, int) else address
    return stores.tasks.get(company_id, task_id)
