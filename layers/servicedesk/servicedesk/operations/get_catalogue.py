"""The catalogue of the caller's company, whole or at the original's addresses."""

from servicedesk.operations.operation import Stores, operation
from servicedesk.wire import catalogue_document, entity_tag, odata
from servicedesk.wire.gateway import Request, Response


@operation("GET /catalogue", "GET /api/TaskType/Translations", "GET /api/TaskStatus/Translations")
def get_catalogue(request: Request, stores: Stores) -> Response:
    """Return the company's catalogue, or only its names (contract rules 9.1 and 9.2)."""
    return _part(request, stores)


@operation("GET /api/TaskType", "GET /api/TaskStatus", "GET /api/TaskPriority", options=odata.ENTRIES_OPTIONS)
def list_entries(request: Request, stores: Stores) -> Response:
    """Return a part of the company's catalogue as the original does (contract rule 9.2)."""
    return _part(request, stores)


@operation(
    *(f"GET /api/{entity_set}({{id}})" for entity_set in ("TaskType", "TaskStatus", "TaskPriority")),
    options=odata.ENTITY_OPTIONS,
)
def get_entry(request: Request, stores: Stores) -> Response:
    """Return the catalogue entry that the path names (contract rule 13.4)."""
    catalogue = stores.catalogues.for_company(request.caller().company_id)
    entry, entity_set = catalogue_document.entry(request, catalogue)
    headers = {"ETag": entity_tag.of_document(entry)}
    return Response(200, lambda _zone: entry, headers, root=entity_set, entity_set=entity_set)


def _part(request: Request, stores: Stores) -> Response:
    catalogue = stores.catalogues.for_company(request.caller().company_id)
    document, root = catalogue_document.for_route(request, catalogue)
    return Response(200, lambda _zone: document, {"ETag": entity_tag.of_document(document)}, root=root)
