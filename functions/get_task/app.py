"""GET /tasks/{id}: a task of the caller's company, by its id or its number."""

import os
from time import monotonic

from servicedesk import cold_start
from servicedesk.domain import values
from servicedesk.domain.catalogue import Catalogue
from servicedesk.domain.task import Task
from servicedesk.store import dynamodb
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.task_lists import WRITE_SECONDS, TaskLists
from servicedesk.store.tasks import TaskStore
from servicedesk.wire import entity_tag, task_address, task_document, task_view
from servicedesk.wire.gateway import Request, Response, endpoint

client = dynamodb.client()
tasks = TaskStore(client, os.environ["TASKS_TABLE"])
lists = TaskLists(client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(client, os.environ["TASKS_TABLE"])
cold_start.warm_up(lambda: tasks.get(values.ZERO_GUID, values.ZERO_GUID))


@endpoint(vary="Accept, Content-Type")
def lambda_handler(request: Request) -> Response:
    """Return the task that the path names (contract rules 1.2, 8.8 and 8.10)."""
    started = monotonic()
    caller = request.caller()
    entity, address = task_address.of_entity(request)
    task = _find(caller.company_id, address)
    if entity == "TaskView":
        if monotonic() - started + dynamodb.REQUEST_SECONDS > WRITE_SECONDS:
            raise dynamodb.unavailable()
        return _view(request, task, catalogues.for_company(caller.company_id))
    headers = {"ETag": entity_tag.of_task(task)}
    if entity_tag.matches(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(304, None, headers)
    if task.id not in request.url:
        headers["Content-Location"] = f"{request.base_url}/tasks/{task.id}"
    return Response(200, lambda zone: task_document.whole(task, zone), headers)


def _view(request: Request, task: Task, catalogue: Catalogue) -> Response:
    entry = task_view.entry(task, catalogue)
    # The entry has names of the catalogue, so it can change while the task does not.
    headers = {"ETag": entity_tag.of_document(entry)}
    if entity_tag.matches(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(304, None, headers)
    return Response(200, lambda _zone: entry, headers, root="TaskView")


def _find(company_id: str, address: str | int) -> Task:
    task_id = lists.id_of_number(company_id, address) if isinstance(address, int) else address
    return tasks.get(company_id, task_id)
