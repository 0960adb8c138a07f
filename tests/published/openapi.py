"""The OpenAPI document, and validators of what it describes."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tools.publishing.document import document

DOCUMENT = document()
EVENT = {"$ref": "#/components/schemas/TaskEvent"}


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator of a schema of the document, whose references lead into it."""
    return Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
