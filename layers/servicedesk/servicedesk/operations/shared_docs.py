"""The form of an operation's documentation, which is a module of its own beside it (`…_docs`).

Each such module has ``DOCUMENTATION``, by route, from which `tools.publishing` makes the OpenAPI document and the help
page. Nothing imports these modules at run time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

TASKS, CATALOGUE, ORIGINAL, ABOUT = "Tasks", "Catalogue", "An OData service at /api/", "About this API"
TAGS = {
    TASKS: "Create tasks, read them, list them, and follow their changes.",
    CATALOGUE: "The types, statuses, priorities and tables that the tasks of a company can refer to.",
    ORIGINAL: "The addresses of the original API, for its clients, Excel, Power BI and generated OData clients.",
    ABOUT: "This page, the console and the OpenAPI document. They need no key.",
}

BODY_TYPES = ("application/json", "text/json", "application/xml", "text/xml")

BODY = ("malformed-body", "unsupported-media-type", "body-too-large")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A successful answer.

    Attributes:
        description: its condition or its content.
        json: the name of the schema of the body in JSON, or empty without a body.
        xml: the name of the schema of the body in XML, if it is another one.
        only_json: whether the body is never XML.
        headers: its headers, besides those of all answers.
        links: OpenAPI's links: the parameters of a following operation, as runtime expressions.
    """

    description: str
    json: str = ""
    xml: str = ""
    only_json: bool = False
    headers: Sequence[str] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Documentation:
    """The documentation of an operation at one of its routes.

    Attributes:
        id: its name for programs.
        tag: its section of the documents.
        summary: its name for people.
        description: what it does.
        parameters: the names of its parameters, besides those in its path.
        body: the name of the schema of the request's body.
        body_types: the media types of that body.
        answers: its successful answers, by status.
        problems: its types of problem, besides those of all operations.
        is_public: whether it needs no key.
        alias_of: the operation of which this is another address.
        schemas: the schemas of this operation alone, by their names.
        examples: example bodies, by their titles. They refer to the built-in catalogue.
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


NOT_CHANGED = Answer(description="`If-None-Match` names the current version.", headers=("ETag",))


def as_before(documented: Documentation, id: str, summary: str, **more: object) -> Documentation:
    """Return the documentation of an operation at the original's address."""
    text = f"The original's address of “{documented.summary}”. All else is the same."
    changes: dict[str, object] = {"tag": ORIGINAL, "description": text, "alias_of": documented.id, **more}
    return replace(documented, id=id, summary=summary, **changes)  # type: ignore[arg-type]
