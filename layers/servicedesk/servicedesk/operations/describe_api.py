"""The open pages, which the function DescribeApi answers."""

from servicedesk.operations.operation import Stores, operation
from servicedesk.wire.gateway import Request, Response
from servicedesk.wire.problems import NO_SUCH_ROUTE, Problem


@operation("GET /", "GET /console", "GET /openapi.json")
def describe_api(_request: Request, _stores: Stores) -> Response:
    """Refuse what never arrives: the routes stand here so that another method of them is a 405 (rule 1.4)."""
    raise Problem(NO_SUCH_ROUTE, "The API has no such path.")
