"""GET /catalogue and the original's GET /api/TaskType, TaskStatus and TaskPriority: what tasks can refer to."""

import os

from servicedesk import cold_start
from servicedesk.domain import values
from servicedesk.store import dynamodb
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.wire import catalogue_document, entity_tag
from servicedesk.wire.gateway import Request, Response, endpoint

client = dynamodb.client()
catalogues = CatalogueStore(client, os.environ["TASKS_TABLE"])
cold_start.warm_up(lambda: catalogues.for_company(values.ZERO_GUID))


@endpoint(vary="Accept, Content-Type")
def lambda_handler(request: Request) -> Response:
    """Return the company's catalogue, or the part of it that the route names (contract rules 9.1 and 9.2)."""
    catalogue = catalogues.for_company(request.caller().company_id)
    document, root = catalogue_document.for_route(request, catalogue)
    headers = {"ETag": entity_tag.of_document(document)}
    if entity_tag.matches(request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Response(304, None, headers)
    return Response(200, lambda _zone: document, headers, root=root)
