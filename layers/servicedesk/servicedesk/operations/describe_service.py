"""The service document and the metadata that OData clients read first (contract rule 13.1)."""

from servicedesk.operations.operation import Stores, operation
from servicedesk.wire.gateway import ODATA_VERSION, Request, Response


@operation("GET /api")
def get_service_document(request: Request, _stores: Stores) -> Response:
    """Return the entity sets of the service (OData JSON Format 4.01 section 5)."""
    request.caller()
    # Imported here, because only a client's first requests need it.
    from servicedesk.wire import odata_model  # noqa: PLC0415

    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in odata_model.ENTITY_SETS]
    document = {"@odata.context": f"{request.base_url}/api/$metadata", "value": sets}
    return Response(200, lambda _zone: document, root="ArrayOfEntitySet")


@operation("GET /api/$metadata", options=("$format",))
def get_metadata(request: Request, _stores: Stores) -> Response:
    """Return the metadata in XML, or in JSON for a client that accepts nothing else or requests it by ``$format``."""
    request.caller()
    from servicedesk.wire import odata_model  # noqa: PLC0415

    media_type = odata_model.media_type(request)
    text = odata_model.as_json() if media_type == "application/json" else odata_model.as_xml()
    return Response(200, None, ODATA_VERSION, written=(media_type, text))
