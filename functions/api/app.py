"""Every request that carries a key: the router finds its operation in the table of routes."""

import os

from servicedesk import cold_start

with cold_start.without_collection():
    from servicedesk import operations
    from servicedesk.domain import values
    from servicedesk.operations.operation import Stores
    from servicedesk.store import dynamodb
    from servicedesk.telemetry import record
    from servicedesk.wire.gateway import Request, Response, endpoint

    client = dynamodb.client()
    stores = Stores.over(client, os.environ["TASKS_TABLE"], os.environ["TASKS_STREAM"])
    operations.router(operations.AT_START)


def warm_up() -> None:
    """Import all operations, and open the connection to the database."""
    operations.router()
    stores.tasks.get(values.ZERO_GUID, values.ZERO_GUID)


cold_start.warm_up(warm_up)


@endpoint
def lambda_handler(request: Request) -> Response:
    """Route the request to its operation, and return the response."""
    match = operations.match(request.method, request.path)
    record(method=request.method, route=match.route)
    return match.target.answer(request.at(match.route, match.parameters), stores)
