"""Create a task with Powertools for AWS Lambda: REST resolver with validation, logger, metrics."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.metrics import MetricUnit
from task import NewTask, Task, TaskExistsError, create

logger = Logger()
metrics = Metrics()
app = APIGatewayRestResolver(enable_validation=True)


@app.post("/tasks")
def create_task(new_task: NewTask) -> Response[Task]:
    try:
        task = create(new_task, app.current_event.request_context.authorizer.raw_event)
    except TaskExistsError as error:
        raise ServiceError(HTTPStatus.CONFLICT, "A task has this id.") from error
    logger.info("created", extra={"task_id": str(task.id)})
    metrics.add_metric(name="TaskCreated", unit=MetricUnit.Count, value=1)
    return Response(
        status_code=HTTPStatus.CREATED,
        content_type=content_types.APPLICATION_JSON,
        body=task,
        headers={"Location": f"/tasks/{task.id}"},
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
