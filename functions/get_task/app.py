"""GET /tasks/{id}: a task of the caller's company."""

import os

from servicedesk import cold_start
from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError, NoSuchTaskError
from servicedesk.store import dynamodb
from servicedesk.store.tasks import TaskStore
from servicedesk.wire import entity_tag, task_document
from servicedesk.wire.gateway import Request, Response, endpoint

client = dynamodb.client()
tasks = TaskStore(client, os.environ["TASKS_TABLE"])
cold_start.warm_up(lambda: tasks.get(values.ZERO_GUID, values.ZERO_GUID))


@endpoint(vary="Accept, Content-Type")
def lambda_handler(request: Request) -> Response:
    """Return the task that the path names (contract rule 1.2)."""
    caller = request.caller()
    task = tasks.get(caller.company_id, _task_id(request.path_parameters.get("id", "")))
    tag = entity_tag.of_task(task)
    if entity_tag.matches(request.headers.get("If-None-Match", ""), tag):
        return Response(304, None, {"ETag": tag})
    return Response(200, lambda zone: task_document.whole(task, zone), {"ETag": tag})


def _task_id(text: str) -> str:
    try:
        return values.guid(text)
    except InvalidValueError:
        raise NoSuchTaskError("The company has no task with this id.") from None
