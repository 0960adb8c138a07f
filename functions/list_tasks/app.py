"""GET /tasks, GET /tasks/delta and GET /api/TaskView: the tasks of the caller's company, page by page."""

import os
from collections.abc import Sequence

from servicedesk import cold_start
from servicedesk.domain import values
from servicedesk.domain.task import FIELDS, Task
from servicedesk.domain.task_query import TaskQuery
from servicedesk.store import dynamodb, task_lists
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.task_lists import Page, TaskLists
from servicedesk.wire import cursors, odata, task_document, task_list, task_view, task_view_search
from servicedesk.wire.caller import Caller
from servicedesk.wire.cursors import Cursor
from servicedesk.wire.gateway import Request, Response, endpoint
from servicedesk.wire.problems import INVALID_PARAMETER, Problem
from servicedesk.wire.task_list import Entry
from servicedesk.wire.task_view_search import Search

client = dynamodb.client()
lists = TaskLists(client, os.environ["TASKS_TABLE"])
catalogues = CatalogueStore(client, os.environ["TASKS_TABLE"])
_NOTHING = Page((), None)
cold_start.warm_up(lambda: lists.page(values.ZERO_GUID, TaskQuery(), 1))


@endpoint(vary="Accept, Content-Type, Prefer")
def lambda_handler(request: Request) -> Response:
    """Return a page of the list that the route names."""
    caller = request.caller()
    match request.route:
        case "/tasks/delta":
            return _changes(request, caller)
        case "/api/TaskView":
            return _page(request, caller, _view_entry(caller), "TaskView", task_view.NAMES)
        case "/api/TaskView/Search":
            return _search(request, caller)
        case _:
            return _page(request, caller, task_document.whole, "task", list(FIELDS))


def _page(request: Request, caller: Caller, entry: Entry, name: str, fields: Sequence[str]) -> Response:
    """Return a page of the list that the query options describe (contract rules 8.1 to 8.7)."""
    options = odata.list_options(request.query, request.headers.get("Prefer"), fields)
    task_list.require_short_links(request)
    query_text = task_list.query_text(request)
    cursor = Cursor(None, options.top, options.skip)
    if options.skip_token:
        cursor = cursors.from_token(options.skip_token, caller.company_id, query_text, options.query.order)
    size = options.page_size if cursor.top is None else min(options.page_size, cursor.top)
    page = lists.page(caller.company_id, options.query, size, cursor.position, cursor.skip) if size else _NOTHING
    top = None if cursor.top is None else cursor.top - len(page.tasks)
    links = {}
    if page.next and top != 0:
        token = cursors.to_token(Cursor(page.next, top, page.skip), caller.company_id, query_text)
        links["next"] = task_list.link(request, "$skiptoken", token)
    selected = task_list.select(entry, options.select)
    return task_list.response(request, page.tasks, selected, name=name, links=links, applied=options.applied)


def _changes(request: Request, caller: Caller) -> Response:
    """Return a page of the feed of changes (contract rule 8.9)."""
    options = odata.delta_options(request.query, request.headers.get("Prefer"))
    query_text = task_list.query_text(request)
    now = values.now()
    position = task_lists.latest(now) if options.from_now else None
    if options.token:
        position = cursors.from_delta_token(options.token, caller.company_id, query_text)
    changes = lists.changes(caller.company_id, options.page_size, now, position)
    relation, option = ("delta", "$deltatoken") if changes.is_up_to_date else ("next", "$skiptoken")
    token = cursors.to_token(Cursor(changes.position), caller.company_id, query_text)
    links = {relation: task_list.link(request, option, token)}
    return task_list.response(
        request, changes.tasks, task_document.whole, name="task", links=links, applied=options.applied
    )


def _search(request: Request, caller: Caller) -> Response:
    """Return the rows that the original's grid asks for, as a bare array (contract rule 8.10)."""
    search = task_view_search.read(request)
    tasks = _rows(caller, search)
    entry = _view_entry(caller)
    return Response(200, lambda zone: [entry(task, zone) for task in tasks], {}, "Listed", root="ArrayOfTaskView")


def _rows(caller: Caller, search: Search) -> Sequence[Task]:
    """Return all rows of a search.

    A bare array has no link to what follows, so a part of the rows would pass for all of them.

    Raises:
        Problem: ``invalid-parameter``, if one request cannot read so far, or one answer cannot hold so much.
    """
    query = TaskQuery(search.filter, search.order, search.descending)
    if not search.size:
        return ()
    page = lists.rows(caller.company_id, query, search.size, search.start)
    if page.next is None or len(page.tasks) == search.size:
        return page.tasks
    if page.tasks:
        last = search.start + len(page.tasks)
        detail = f"The rows are too large for one answer. Send {last} as endRow, and then {last} as startRow."
        raise Problem(INVALID_PARAMETER, detail)
    detail = "The rows before startRow are too large to leave out at once. GET /api/TaskView gives links to follow."
    raise Problem(INVALID_PARAMETER, detail)


def _view_entry(caller: Caller) -> Entry:
    catalogue = catalogues.for_company(caller.company_id)
    return lambda task, _zone: task_view.entry(task, catalogue)
