"""Documentation of the service document and the metadata."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import ORIGINAL, Answer, Documentation

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /api": Documentation(
        id="getServiceDocument",
        tag=ORIGINAL,
        summary="List the entity sets",
        description="Read the entity sets that an OData client can load. Connect Excel and Power BI to this address.",
        answers={200: Answer(description="The entity sets.", json="ServiceDocument", xml="ArrayOfEntitySet")},
    ),
    "GET /api/$metadata": Documentation(
        id="getMetadata",
        tag=ORIGINAL,
        summary="Read the metadata",
        description="Read the types and entity sets in CSDL 4.0, in XML, or in JSON if you accept nothing else.",
        parameters=("$format",),
        answers={200: Answer(description="The metadata.", json="Model")},
    ),
}
