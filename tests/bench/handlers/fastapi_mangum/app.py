"""Create a task with FastAPI behind Mangum."""

from fastapi import FastAPI, HTTPException, Request, Response, status
from mangum import Mangum
from task import NewTask, Task, TaskExistsError, create

app = FastAPI()


@app.post("/tasks", status_code=status.HTTP_201_CREATED)
def create_task(new_task: NewTask, request: Request, response: Response) -> Task:
    try:
        task = create(new_task, request.scope["aws.event"]["requestContext"]["authorizer"])
    except TaskExistsError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "A task has this id.") from error
    response.headers["Location"] = f"/tasks/{task.id}"
    return task


lambda_handler = Mangum(app, lifespan="off")
