"""Documentation of reading a task."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import NOT_CHANGED, TASKS, Answer, Documentation, as_before

_GET = Documentation(
    id="getTask",
    tag=TASKS,
    summary="Read a task",
    description="""\
Read a task by its `id`, or by its number, `id2`: `/tasks/33` is the company's task number 33, and `Content-Location`
then has its canonical address. A task is found as soon as it is created.""",
    parameters=("If-None-Match",),
    answers={
        200: Answer(description="The task.", json="Task", headers=("Content-Location", "ETag")),
        304: NOT_CHANGED,
    },
    problems=("no-such-task",),
)

_VIEW = "The same with the names of type, status and priority, and without null, as the original shows tasks."

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /tasks/{id}": _GET,
    "GET /api/Task/{id}": as_before(_GET, "getTaskAsBefore", "Read a task, as before"),
    "GET /api/Task({id})": as_before(
        _GET, "getTaskEntity", "Read a task, as an OData entity", parameters=("$select", "If-None-Match")
    ),
    "GET /api/TaskView({id})": as_before(
        _GET,
        "getTaskView",
        "Read a task with names",
        description=_VIEW,
        parameters=("$select", "If-None-Match"),
        answers={200: Answer(description="The task.", json="TaskView", headers=("ETag",)), 304: NOT_CHANGED},
        alias_of="",
    ),
}
