"""The open pages, which the function DescribeApi answers."""

from servicedesk.operations.operation import Stores, operation
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.problems import NO_SUCH_ROUTE, Problem


@operation("GET /", "GET /console", "GET /openapi.json")
def describe_api(_request: Request, _stores: Stores) -> Response:
    """Never called: these routes are declared so that another method at their paths is a 405 (rule 1.4)."""
    raise Problem(NO_SUCH_ROUTE, "The API has no such path.")
