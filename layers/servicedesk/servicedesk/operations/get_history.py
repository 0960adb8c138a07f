"""The history of a task of the caller's company, page by page."""

from dataclasses import replace

from servicedesk.domain import values
from servicedesk.domain.task_history import HistoryEntry
from servicedesk.operations.operation import Stores, TimeLimit, operation
from servicedesk.store.history import HistoryPage
from servicedesk.wire import odata, task_address, task_document, task_list
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.task_list import Paging


@operation("GET /tasks/{id}/history", options=odata.HISTORY_OPTIONS)
def get_history(request: Request, stores: Stores) -> Response:
    """Return a page of the history of the task that the path names (contract section 15).

    The stream delivers entries a moment after their writes, so the headers tell the task's version, and whether the
    page lacks an entry.
    """
    time_limit = TimeLimit(request)
    company_id, address = request.caller().company_id, task_address.of(request)
    options = odata.list_options(request.query, request.headers.get("Prefer"))
    task_id = stores.lists.id_of_number(company_id, address) if isinstance(address, int) else address
    paging = Paging.of(request, options, company_id, None, of=task_id)
    time_limit.require(requests=2)
    stored = stores.tasks.get(company_id, task_id)
    size, cursor = paging.size, paging.cursor
    page = stores.history.page(stored, size, cursor.position, cursor.skip) if size else HistoryPage((), stored.version)
    links = paging.links(len(page.entries), page.next, page.skip)
    response = task_list.response(
        request, page.entries, shown, entity_set=odata.UNTYPED, links=links, applied=options.applied
    )
    headers = {
        "Complete-To-Version": str(page.complete_to),
        "Content-Location": "" if address == task_id else f"{request.base_url}/tasks/{task_id}/history",
        "Task-Version": str(stored.version),
    }
    return replace(response, headers={**response.headers, **headers}, root="ArrayOfchange")


def shown(entry: HistoryEntry, zone: str) -> dict[str, object]:
    """Return the document of an entry; a creation has no values."""
    document: dict[str, object] = {
        "version": entry.version,
        "type": entry.type,
        "date": values.date_text(entry.date, zone),
        "contact_id": entry.actor.contact_id,
        "key_id": entry.actor.key_id,
    }
    if entry.changed:
        kept = [name for name in entry.changed if name not in entry.omitted]
        document["changed"] = list(entry.changed)
        for name, stored in (("previous", entry.previous), ("current", entry.current)):
            document[name] = task_document.part({one: stored.get(one) for one in kept}, zone)
    if entry.omitted:
        document["omitted"] = list(entry.omitted)
    return document
