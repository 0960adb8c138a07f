"""The search of the original's grid."""

from collections.abc import Sequence

from servicedesk.domain.task import Task
from servicedesk.domain.task_query import TaskQuery
from servicedesk.operations.operation import Stores, operation
from servicedesk.store.task_lists import TaskLists
from servicedesk.telemetry import Outcome
from servicedesk.wire import task_view, task_view_search
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.problems import INVALID_PARAMETER, Problem
from servicedesk.wire.task_view_search import Search


@operation("POST /api/TaskView/Search", reads=True)
def search_task_views(request: Request, stores: Stores) -> Response:
    """Return the rows as a bare array (contract rule 8.10)."""
    company_id = request.caller().company_id
    tasks = _rows(stores.lists, company_id, task_view_search.read(request))
    catalogue = stores.catalogues.for_company(company_id)
    return Response(
        200,
        lambda _zone: [task_view.entry(task, catalogue) for task in tasks],
        {},
        Outcome.LISTED,
        root="ArrayOfTaskView",
    )


def _rows(lists: TaskLists, company_id: str, search: Search) -> Sequence[Task]:
    """Return all rows of a search.

    A bare array has no link to a next page, so a part of the rows would look like all of them.

    Raises:
        Problem: ``invalid-parameter``, if the rows are too far or too large for one request.
    """
    query = TaskQuery(search.filter, search.order, search.descending)
    if not search.size:
        return ()
    page = lists.rows(company_id, query, search.size, search.start)
    if page.next is None or len(page.tasks) == search.size:
        return page.tasks
    if page.tasks:
        last = search.start + len(page.tasks)
        detail = f"The rows are too large for one answer. Send {last} as endRow, and then {last} as startRow."
        raise Problem(INVALID_PARAMETER, detail)
    detail = "The rows before startRow are too large to skip in one request. Follow the links of GET /api/TaskView."
    raise Problem(INVALID_PARAMETER, detail)
