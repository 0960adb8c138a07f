"""What the tasks of the caller's company can refer to: its catalogue, whole or by the original's addresses."""

from servicedesk.operations.operation import Stores, operation
from servicedesk.wire import catalogue_document, entity_tag
from servicedesk.wire.gateway import Request, Response


@operation(
    "GET /catalogue",
    "GET /api/TaskType",
    "GET /api/TaskStatus",
    "GET /api/TaskPriority",
    "GET /api/TaskType/Translations",
    "GET /api/TaskStatus/Translations",
)
def get_catalogue(request: Request, stores: Stores) -> Response:
    """Return the company's catalogue, or the part of it that the route names (contract rules 9.1 and 9.2)."""
    catalogue = stores.catalogues.for_company(request.caller().company_id)
    document, root = catalogue_document.for_route(request, catalogue)
    return Response(200, lambda _zone: document, {"ETag": entity_tag.of_document(document)}, root=root)
