"""Documentation of lists."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import TASKS, Answer, Documentation, as_before

PAGE = Answer(
    description="A page of the list.",
    json="TaskPage",
    xml="ArrayOfTask",
    headers=("Link", "OData-Version"),
    links={"getTask": {"id": "$response.body#/value/0/id"}},
)
_VIEWS = Answer(
    description="A page of the list.",
    json="TaskViewPage",
    xml="ArrayOfTaskView",
    headers=("Link",),
)

_LIST = Documentation(
    id="listTasks",
    tag=TASKS,
    summary="List tasks",
    description="""\
List the tasks of the company, the newest number first, page by page. The query options are a subset of OData 4.01; its
others are refused, and any other option is ignored and named in a header.

An index serves filters for open or archived tasks, for a number, for ranges of `id2` and `modified_dateutc`, and for up
to 500 tasks with one `customer_reference`, `reference_back_office` or `to_id_in_table`. Other filters are applied while
reading, so their pages can be short.

`customer_reference eq 'PO-4711'` tells whether you have already created a task, and what became of it.""",
    parameters=("$filter", "$orderby", "$top", "$skip", "$select", "$skiptoken", "Prefer-list"),
    answers={200: PAGE},
)

_VIEW = "The same with the names of type, status and priority, and without null, as the original shows tasks."

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /tasks": _LIST,
    "GET /api/Task": as_before(_LIST, "listTasksAsBefore", "List tasks, as before"),
    "GET /api/TaskView": as_before(
        _LIST, "listTaskViews", "List tasks with names", description=_VIEW, answers={200: _VIEWS}, alias_of=""
    ),
}
