"""What the documents say of the service document and the model."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import ORIGINAL, Answer, Documentation

DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /api": Documentation(
        id="getServiceDocument",
        tag=ORIGINAL,
        summary="List the entity sets",
        description="Read what an OData client can connect to. Excel and Power BI take this address.",
        answers={200: Answer(description="The entity sets.", json="ServiceDocument", xml="ArrayOfEntitySet")},
    ),
    "GET /api/$metadata": Documentation(
        id="getMetadata",
        tag=ORIGINAL,
        summary="Read the model",
        description="Read the types and entity sets in CSDL 4.0, in XML, or in JSON for who takes nothing else.",
        parameters=("$format",),
        answers={200: Answer(description="The model.", json="Model")},
    ),
}
