"""Documentation of the open pages."""

from collections.abc import Mapping

from servicedesk.operations.shared_docs import ABOUT, NOT_CHANGED, Answer, Documentation


def _public(id: str, summary: str, description: str, schema: str) -> Documentation:
    return Documentation(
        id=id,
        tag=ABOUT,
        summary=summary,
        description=description,
        parameters=("If-None-Match",),
        answers={200: Answer(description=summary, json=schema, headers=("ETag",)), 304: NOT_CHANGED},
        is_public=True,
    )


DOCUMENTATION: Mapping[str, Documentation] = {
    "GET /": _public("getHelp", "Read the help page", "The page that describes this API for people.", "Html"),
    "GET /console": _public(
        "getConsole", "Try the API out", "A console that sends requests from the browser with your key.", "Html"
    ),
    "GET /openapi.json": _public(
        "getOpenApi",
        "Read the OpenAPI document",
        "The description of this API for programs, in OpenAPI 3.1.",
        "OpenApi",
    ),
}
