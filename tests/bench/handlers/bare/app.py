"""Create a task with boto3 and pydantic, and nothing else."""

import json
from typing import Any

from pydantic import ValidationError
from task import NewTask, TaskExistsError, create


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    try:
        task = create(NewTask.model_validate_json(event["body"]), event["requestContext"]["authorizer"])
    except ValidationError as error:
        return answer(422, error.json(include_url=False))
    except TaskExistsError:
        return answer(409, json.dumps({"message": "A task has this id."}))
    return answer(201, task.model_dump_json(), Location=f"/tasks/{task.id}")


def answer(status: int, body: str, **headers: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json", **headers}, "body": body}
