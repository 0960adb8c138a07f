"""How the documentation of an operation is written, which stands beside it in a module of its own (`…_docs`).

Only what writes documents imports these modules: `tools.publishing` makes the OpenAPI document and the help page of
them. Each has ``DOCUMENTATION``, by route.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

TASKS, CATALOGUE, ORIGINAL, ABOUT = "Tasks", "Catalogue", "An OData service at /api/", "About this API"
TAGS = {
    TASKS: "Create tasks, read them, list them, and follow what changes.",
    CATALOGUE: "The types, statuses, priorities and tables that the tasks of a company can refer to.",
    ORIGINAL: "What clients of the original API call, and what Excel, Power BI and generated OData clients connect to.",
    ABOUT: "This page, the console and the OpenAPI document. They need no key.",
}

BODY_TYPES = ("application/json", "text/json", "application/xml", "text/xml")

BODY = ("malformed-body", "unsupported-media-type", "body-too-large")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is no problem.

    Attributes:
        description: when it is given, or what it holds.
        json: the schema of the body in JSON, by its name, or empty where there is no body.
        xml: the schema of the body in XML, where it is another one.
        only_json: whether the body is never XML.
        headers: the headers that it can have beside those of all answers.
        links: what can be called with what it holds, as OpenAPI's links: the operation, and its parameters as runtime
            expressions.
    """

    description: str
    json: str = ""
    xml: str = ""
    only_json: bool = False
    headers: Sequence[str] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Documentation:
    """What the documents say of an operation at one of its routes.

    Attributes:
        id: its name for programs.
        tag: the part of the documents where it stands.
        summary: its name for people.
        description: what it does.
        parameters: the names of its parameters, beside those in its path.
        body: the schema of the request's body, by its name.
        body_types: the media types of that body.
        answers: its answers by status.
        problems: the types of problem that it can be answered with, beside those of all operations.
        is_public: whether it needs no key.
        alias_of: the operation of which it is another address.
        schemas: the schemas that only this operation has, by their names.
        examples: bodies that are sent as they are, by what they show. They refer to the built-in catalogue.
    """

    id: str
    tag: str
    summary: str
    description: str
    parameters: Sequence[str] = ()
    body: str = ""
    body_types: Sequence[str] = BODY_TYPES
    answers: Mapping[int, Answer]
    problems: Sequence[str] = ()
    is_public: bool = False
    alias_of: str = ""
    schemas: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    examples: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


NOT_CHANGED = Answer(description="What `If-None-Match` names is what there is.", headers=("ETag",))


def as_before(documented: Documentation, id: str, summary: str, **more: object) -> Documentation:
    """Return what is said of the original's address of a documented operation."""
    text = f"The original's address of “{documented.summary}”. All else is the same."
    changes: dict[str, object] = {"tag": ORIGINAL, "description": text, "alias_of": documented.id, **more}
    return replace(documented, id=id, summary=summary, **changes)  # type: ignore[arg-type]
