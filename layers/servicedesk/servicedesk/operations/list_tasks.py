"""The tasks of the caller's company, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from servicedesk.domain.task import FIELDS
from servicedesk.operations.operation import Stores, operation
from servicedesk.store.task_lists import Page
from servicedesk.wire import odata, task_document, task_list, task_view
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.task_list import Entry, Paging

_NOTHING = Page((), None)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of a list: their entity set, their fields, and the function that makes one from a task."""

    entity_set: str
    fields: Sequence[str]
    entry: Entry


_TASKS = _Entries("Task", list(FIELDS), task_document.whole)


@operation("GET /tasks", "GET /api/Task", options=odata.LIST_OPTIONS)
def list_tasks(request: Request, stores: Stores) -> Response:
    """Return a page of the list that the query options describe (contract rules 8.1 to 8.7)."""
    return _page(request, stores, request.caller().company_id, _TASKS)


@operation("GET /api/TaskView", options=odata.LIST_OPTIONS)
def list_task_views(request: Request, stores: Stores) -> Response:
    """Return the same page in the form of the original's ``TaskView`` (contract rules 8.10 and 8.11)."""
    company_id = request.caller().company_id
    catalogue = stores.catalogues.for_company(company_id)
    views = _Entries("TaskView", list(task_view.KINDS), lambda task, _zone: task_view.entry(task, catalogue))
    return _page(request, stores, company_id, views)


def _page(request: Request, stores: Stores, company_id: str, entries: _Entries) -> Response:
    options = odata.list_options(request.query, request.headers.get("Prefer"), entries.fields)
    task_list.require_short_links(request)
    paging = Paging.of(request, options, company_id, options.query.order)
    query = replace(options.query, with_remarks=options.select is None or "remark" in options.select)
    size, cursor = paging.size, paging.cursor
    page = stores.lists.page(company_id, query, size, cursor.position, cursor.skip) if size else _NOTHING
    links = paging.links(len(page.tasks), page.next, page.skip)
    selected = task_list.select(entries.entry, options.select)
    return task_list.response(
        request, page.tasks, selected, entity_set=entries.entity_set, links=links, applied=options.applied
    )
